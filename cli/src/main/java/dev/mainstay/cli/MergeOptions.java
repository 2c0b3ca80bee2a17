package dev.mainstay.cli;

import dev.mainstay.cluster.KubeconfigFile;
import dev.mainstay.model.Failure;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Mutable (filled by picocli): into which kubeconfig ours is merged, and how. */
final class MergeOptions {
  @Option(
      names = "--merge",
      description =
          "Merge into kubectl's kubeconfig (~/.kube/config, or the first of KUBECONFIG that is"
              + " there). Everything in it that is not Mainstay's stays.")
  boolean merge;

  @Option(
      names = "--into",
      paramLabel = "FILE",
      description = "With --merge: merge into this file instead.")
  @Nullable Path into;

  @Option(
      names = "--switch",
      description = "With --merge: make ours the current context, also where there is one.")
  boolean switchContext;

  @Option(
      names = "--replace",
      description =
          "With --merge: replace the entries of an earlier cluster of the same name, which this"
              + " one was made in place of.")
  boolean replace;

  /**
   * The file to merge into; empty where nothing is to be merged.
   *
   * @throws Failure.Usage if the options make no sense
   */
  Optional<KubeconfigFile> file(Session session) {
    Path file = into;
    if (!merge) {
      if (file != null || switchContext || replace) {
        throw new Failure.Usage(
            (file != null ? "--into" : switchContext ? "--switch" : "--replace")
                + " says how to merge, and --merge is not there",
            "pass --merge too");
      }
      return Optional.empty();
    }
    return Optional.of(
        file == null
            ? KubeconfigFile.usual(session.environment(), session.home())
            : KubeconfigFile.named(file, session.environment()));
  }

  KubeconfigFile.Manner manner() {
    return new KubeconfigFile.Manner(switchContext, replace);
  }
}
