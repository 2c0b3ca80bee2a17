package dev.mainstay.cluster;

import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Apply;
import dev.mainstay.engine.Plan;
import dev.mainstay.engine.Step;
import dev.mainstay.engine.StepResult;
import dev.mainstay.engine.StopSignal;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Not a test: what it costs to bring a changed address into the hosts block of every node, with
 * hosts in this process. bench/hosts-blocks/run.sh runs it and keeps the table.
 */
final class HostsBlocksBench {
  private static final int RUNS = 7;

  private HostsBlocksBench() {}

  /** Prints a row for each number of nodes. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Files.createTempDirectory("hosts-blocks");
    Bundle bundle = Fixture.bundle(folder);
    System.out.println(
        "| nodes | plan, ms (median, worst) | writes, ms (median, worst) | both per node, ms |"
            + " bytes a node | writes |");
    System.out.println("|---|---|---|---|---|---|");
    for (String count : arguments) {
      int nodes = Integer.parseInt(count);
      measure(nodes, bundle, 2); // warm
      measure(nodes, bundle, RUNS).print(nodes);
    }
    Files.delete(folder.resolve("manifest.json"));
    Files.delete(folder);
  }

  private record Row(List<Double> plan, List<Double> write, long bytes, int writes) {
    void print(int nodes) {
      plan.sort(null);
      write.sort(null);
      System.out.printf(
          "| %d | %.1f, %.1f | %.1f, %.1f | %.3f | %d | %d |%n",
          nodes,
          plan.get(plan.size() / 2),
          plan.getLast(),
          write.get(write.size() / 2),
          write.getLast(),
          (plan.get(plan.size() / 2) + write.get(write.size() / 2)) / nodes,
          bytes,
          writes);
    }
  }

  private static ClusterSpec spec(int nodes, String lastWorker) {
    List<NodeSpec> all = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      boolean master = i < 3;
      String address =
          i == nodes - 1
              ? lastWorker
              : "10.%d.%d.%d".formatted(100 + i / 62500, i / 250 % 250, i % 250 + 1);
      all.add(Fixture.node((master ? "m" : "w") + i, master ? Role.MASTER : Role.WORKER, address));
    }
    return Fixture.spec(all, ComponentSettings.NONE);
  }

  private static Row measure(int nodes, Bundle bundle, int runs) throws Exception {
    ClusterSpec before = spec(nodes, "10.99.0.1");
    ClusterSpec after = spec(nodes, "10.99.0.2");
    List<HostFacts> hosts = new ArrayList<>();
    for (NodeSpec node : before.nodes()) {
      hosts.add(new FakeHost(node).at(Stage.PROVISIONED, before, bundle).facts());
    }
    ClusterFacts facts = Fixture.facts(hosts, Optional.of(Fixture.api(before, bundle)));
    List<Double> planning = new ArrayList<>();
    List<Double> writing = new ArrayList<>();
    long bytes = 0;
    int writes = 0;
    for (int run = 0; run < runs; run++) {
      long start = System.nanoTime();
      Plan<Action> plan = Plans.planner(after, facts, bundle).plan();
      planning.add((System.nanoTime() - start) / 1e6);
      List<Step<Action>> blocks =
          plan.steps().stream().filter(step -> step.action() instanceof Action.Configure).toList();
      FakeHosts fakes = new FakeHosts();
      Steps steps =
          new Steps(
              after, facts, bundle, new RemoteSteps(fakes), new Observe(fakes, Clock.systemUTC()));
      start = System.nanoTime();
      Map<Step<Action>, StepResult> results =
          new Apply<Action>(steps, List.of(), new StopSignal(), 64, System::nanoTime)
              .run(
                  new Plan<>(
                      List.of(new dev.mainstay.engine.Phase<>("hosts/configure", "", blocks))));
      writing.add((System.nanoTime() - start) / 1e6);
      if (results.size() != nodes
          || fakes.ran.size() != nodes
          || !results.values().stream().allMatch(StepResult::isDone)) {
        throw new IllegalStateException("not one write a node: " + fakes.ran.size());
      }
      writes = fakes.ran.size();
      bytes = fakes.ran.getFirst().stdin().length();
    }
    return new Row(planning, writing, bytes, writes);
  }
}
