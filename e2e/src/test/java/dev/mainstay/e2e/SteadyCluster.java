package dev.mainstay.e2e;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.playground.PlaygroundProgress;
import dev.mainstay.playground.PlaygroundSpec;
import java.util.List;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One cluster of three masters and a worker for all classes that end with a cluster as well as the
 * one they began with: they find it healthy and as its file has it, or else made anew. It goes with
 * the last of them.
 */
final class SteadyCluster implements BeforeAllCallback {
  /** The first of its classes; they follow each other, and nobody comes after them. */
  static final int ORDER = 2_000_000_000;

  static final String NAME = "steady";
  static final String DOMAIN = NAME + ".internal";
  static final Cluster CLUSTER = new Cluster(NAME);
  static final List<String> MASTERS = List.of("m1", "m2", "m3");
  static final List<String> NODES = List.of("m1", "m2", "m3", "w1");

  @Override
  public void beforeAll(ExtensionContext context) {
    ExtensionContext.Store store =
        context.getRoot().getStore(ExtensionContext.Namespace.create(SteadyCluster.class));
    if (store.get(NAME) != null && isAsItWas()) {
      return;
    }
    store.put(NAME, (AutoCloseable) CLUSTER::down);
    CLUSTER.down();
    CLUSTER.playground.up(PlaygroundSpec.DEFAULT.withWorkers(1), PlaygroundProgress.SILENT);
    CLUSTER.applyTwice();
  }

  /** An apply waits for what is on its way. */
  private static boolean isAsItWas() {
    Result apply = CLUSTER.mainstay("apply", "--yes", "-o", "json");
    return apply.exit() == 0 && apply.json().path("changes").asInt(-1) == 0;
  }
}
