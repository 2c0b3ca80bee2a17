package dev.mainstay.cluster;

import dev.mainstay.engine.FanOut;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import dev.mainstay.ssh.Stdin;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;

/** Looks at the etcd of every master side by side. Changes nothing; needs no quorum and no API. */
final class LookAtEtcd {
  private static final int WINDOW = 64;
  // it may wait for a step of an earlier run to end
  private static final Duration DEADLINE = Duration.ofMinutes(11);

  private final Hosts hosts;

  LookAtEtcd(Hosts hosts) {
    this.hosts = hosts;
  }

  EtcdView all(ClusterSpec spec) throws InterruptedException {
    Map<NodeName, EtcdFacts> facts = new ConcurrentHashMap<>();
    Map<NodeName, Failure> unreachable = new ConcurrentHashMap<>();
    FanOut.map(
        spec.masters(),
        WINDOW,
        master -> {
          try {
            facts.put(master.name(), one(master));
          } catch (Failure lost) {
            unreachable.put(master.name(), lost);
          } catch (InterruptedException interrupted) {
            throw new CancellationException();
          }
          return master;
        });
    return new EtcdView(spec, facts, unreachable);
  }

  private EtcdFacts one(NodeSpec master) throws InterruptedException {
    Output output =
        hosts
            .login(master)
            .run(new RemoteCommand(Scripts.script("etcd-look"), List.of(), Stdin.EMPTY, DEADLINE));
    if (!output.isSuccess()) {
      throw RemoteSteps.failure(master, "looking at etcd", output);
    }
    try {
      return EtcdFacts.parse(master.name(), output.stdout());
    } catch (IllegalArgumentException torn) {
      throw new Failure.Failed(
          master.name() + ": etcd cannot be looked at: " + torn.getMessage(),
          "run the same command again");
    }
  }
}
