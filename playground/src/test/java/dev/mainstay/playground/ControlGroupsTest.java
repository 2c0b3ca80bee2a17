package dev.mainstay.playground;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On trees of plain files, which lack what the kernel does with them. */
class ControlGroupsTest {
  @Test
  void thawsEveryGroupOfTheHostThatIsFrozenAndNoOther(@TempDir Path machine) throws IOException {
    Path freezer = machine.resolve("freezer");
    Path unified = machine.resolve("unified");
    ControlGroups groups = new ControlGroups("host", List.of(freezer, unified));
    Path first = groups.directories().getFirst();
    Path second = groups.directories().getLast();
    Path stopped = write(first.resolve("kubepods/pod/etcd/freezer.state"), "FROZEN\n");
    Path stopping = write(first.resolve("kubepods/freezer.state"), "FREEZING\n");
    Path running = write(first.resolve("freezer.state"), "THAWED\n");
    Path alsoStopped = write(second.resolve("kubepods/pod/cgroup.freeze"), "1\n");
    Path somebodyElses = write(freezer.resolve("other/freezer.state"), "FROZEN\n");

    groups.thaw();

    // written, not appended: of the longer word the rest stays in a plain file
    assertThat(stopped).content().startsWith("THAWED");
    assertThat(stopping).content().startsWith("THAWED");
    assertThat(running).hasContent("THAWED\n");
    assertThat(alsoStopped).content().startsWith("0");
    assertThat(somebodyElses).hasContent("FROZEN\n");
  }

  @Test
  void aHostWithoutGroupsIsThawedAlready(@TempDir Path machine) {
    new ControlGroups("host", List.of(machine)).thaw();
    assertThat(machine).isEmptyDirectory();
  }

  private static Path write(Path file, String content) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.writeString(file, content);
  }
}
