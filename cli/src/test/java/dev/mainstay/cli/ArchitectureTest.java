package dev.mainstay.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The house: arrows between modules run only downward, and adapters keep their libraries. */
final class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.mainstay");

  /** What each package may know of the others. */
  private static final Map<String, List<String>> KNOWS =
      Map.of(
          "model", List.of(),
          "engine", List.of("model"),
          "ssh", List.of("model"),
          "bundle", List.of("model"),
          "playground", List.of("model"),
          "cluster", List.of("model", "engine", "ssh", "bundle"));

  @Test
  void arrowsRunOnlyDownward() {
    for (String from : KNOWS.keySet()) {
      for (String to :
          List.of("model", "engine", "ssh", "bundle", "cluster", "playground", "cli")) {
        if (!to.equals(from) && !KNOWS.getOrDefault(from, List.of()).contains(to)) {
          noClasses()
              .that()
              .resideInAPackage("dev.mainstay." + from + "..")
              .should()
              .dependOnClassesThat()
              .resideInAPackage("dev.mainstay." + to + "..")
              .check(CLASSES);
        }
      }
    }
  }

  @Test
  void theDomainKnowsTheTransportsPortAndNotItsAdapter() {
    noClasses()
        .that()
        .resideInAPackage("dev.mainstay.cluster..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.mainstay.ssh.mina..", "org.apache.sshd..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.mainstay.ssh.mina..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.sshd..")
        .check(CLASSES);
  }

  @Test
  void anEndpointKnowsMastersPortsAndNothingOfHowAClusterIsMade() {
    noClasses()
        .that()
        .resideInAPackage("dev.mainstay.cluster.endpoint..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "dev.mainstay.cluster", "dev.mainstay.engine..", "dev.mainstay.bundle..")
        .check(CLASSES);
  }

  @Test
  void plansArePure() {
    noClasses()
        .that()
        .haveNameMatching("dev\\.mainstay\\.cluster\\.(Planner|Preflight|ClusterHealth)")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.mainstay.ssh..", "java.net..", "java.time.chrono..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.nio.file.Files")
        .orShould()
        .dependOnClassesThat()
        .haveSimpleName("RemoteSteps")
        .check(CLASSES);
  }

  @Test
  void allModulesWereRead() {
    assertThat(CLASSES.contain(Main.class)).isTrue();
    assertThat(CLASSES.size()).isGreaterThan(80);
  }
}
