package dev.mainstay.cluster;

import dev.mainstay.cluster.EtcdFacts.Restoring;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Mutable: an etcd whose masters are well until a test says otherwise; m1 leads. */
final class FakeEtcd {
  private final ClusterSpec spec;
  private final Map<NodeName, EtcdFacts> facts = new HashMap<>();
  private final Map<NodeName, Failure> unreachable = new HashMap<>();

  FakeEtcd(int masters) {
    this.spec = Fixture.spec(masters, 1);
    for (NodeSpec master : spec.masters()) {
      facts.put(master.name(), well(master));
    }
  }

  ClusterSpec spec() {
    return spec;
  }

  EtcdView view() {
    return new EtcdView(spec, facts, unreachable);
  }

  NodeSpec node(String name) {
    return Fixture.node(spec, name);
  }

  private static String id(NodeSpec master) {
    return "a" + master.name().value().substring(1);
  }

  private EtcdFacts well(NodeSpec master) {
    List<EtcdFacts.Member> members = new ArrayList<>();
    for (NodeSpec one : spec.masters()) {
      String name = spec.fullName(one);
      members.add(new EtcdFacts.Member(id(one), name, List.of("https://" + name + ":2380"), false));
    }
    return new EtcdFacts(
        master.name(),
        Stage.PROVISIONED,
        Fixture.ID,
        true,
        true,
        Optional.of(status(master, 1000, "a1")),
        members,
        Optional.of(new Peers.Voice(id(master), Set.of())),
        OptionalLong.empty(),
        Optional.empty());
  }

  private static EtcdFacts.Status status(NodeSpec master, long revision, String leader) {
    return new EtcdFacts.Status(
        id(master),
        "c0ffee",
        "3.6.8",
        20_000_000,
        8_000_000,
        leader,
        2,
        revision + 500,
        revision + 500,
        revision,
        false);
  }

  private EtcdFacts of(String name) {
    return java.util.Objects.requireNonNull(facts.get(new NodeName(name)));
  }

  /** It cannot be reached. */
  FakeEtcd dead(String name) {
    facts.remove(new NodeName(name));
    unreachable.put(
        new NodeName(name), new Failure.Unreachable(name + ": no route to host", "", true));
    return this;
  }

  /** Their etcds do not reach each other. */
  FakeEtcd severed(String one, String other) {
    missing(one, other);
    return missing(other, one);
  }

  private FakeEtcd missing(String name, String other) {
    EtcdFacts was = of(name);
    facts.put(
        was.node(),
        new EtcdFacts(
            was.node(),
            was.stage(),
            was.clusterId(),
            was.hasData(),
            was.healthy(),
            was.status(),
            was.members(),
            Optional.of(new Peers.Voice(id(node(name)), Set.of(id(node(other))))),
            was.fileRevision(),
            was.restore()));
    return this;
  }

  /** It answers and finds no quorum, with data up to {@code revision}. */
  FakeEtcd alone(String name, long revision) {
    EtcdFacts was = of(name);
    facts.put(
        was.node(),
        new EtcdFacts(
            was.node(),
            was.stage(),
            was.clusterId(),
            true,
            false,
            Optional.of(status(node(name), revision, "")),
            was.members(),
            was.peers(),
            OptionalLong.empty(),
            was.restore()));
    return this;
  }

  /** Its etcd does not run; its file reaches up to {@code revision}. */
  FakeEtcd silent(String name, long revision) {
    return silent(name, OptionalLong.of(revision));
  }

  /** Its etcd runs and does not answer, so that nobody can tell how far its data reaches. */
  FakeEtcd starting(String name) {
    return silent(name, OptionalLong.empty());
  }

  private FakeEtcd silent(String name, OptionalLong fileRevision) {
    EtcdFacts was = of(name);
    facts.put(
        was.node(),
        new EtcdFacts(
            was.node(),
            was.stage(),
            was.clusterId(),
            true,
            false,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            fileRevision,
            was.restore()));
    return this;
  }

  /** It answers and does not let us in. */
  FakeEtcd locked(String name) {
    facts.remove(new NodeName(name));
    unreachable.put(
        new NodeName(name), new Failure.Unreachable(name + ": no key was accepted", "", false));
    return this;
  }

  /** It belongs to another cluster of Mainstay's. */
  FakeEtcd ofCluster(String name, String clusterId) {
    EtcdFacts was = of(name);
    facts.put(
        was.node(),
        new EtcdFacts(
            was.node(),
            was.stage(),
            clusterId,
            was.hasData(),
            was.healthy(),
            was.status(),
            was.members(),
            was.peers(),
            was.fileRevision(),
            was.restore()));
    return this;
  }

  /** It is well in an etcd of its own, as after a recovery. */
  FakeEtcd inAnotherCluster(String name) {
    EtcdFacts was = of(name);
    EtcdFacts.Status status = was.status().orElseThrow();
    facts.put(
        was.node(),
        new EtcdFacts(
            was.node(),
            was.stage(),
            was.clusterId(),
            true,
            true,
            Optional.of(
                new EtcdFacts.Status(
                    status.memberId(),
                    "deca",
                    status.version(),
                    status.dbSize(),
                    status.dbInUse(),
                    status.memberId(),
                    status.raftTerm(),
                    status.raftIndex(),
                    status.applied(),
                    status.revision(),
                    false)),
            was.members(),
            was.peers(),
            OptionalLong.empty(),
            was.restore()));
    return this;
  }

  /** Its host is empty. */
  FakeEtcd empty(String name) {
    facts.put(
        new NodeName(name),
        new EtcdFacts(
            new NodeName(name),
            Stage.EMPTY,
            "",
            false,
            false,
            Optional.empty(),
            List.of(),
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty()));
    return this;
  }

  /** A restore came to {@code step} there. */
  FakeEtcd at(String name, String id, String sha256, Restoring.Step step) {
    EtcdFacts was = of(name);
    facts.put(
        was.node(),
        new EtcdFacts(
            was.node(),
            was.stage(),
            was.clusterId(),
            was.hasData(),
            was.healthy(),
            was.status(),
            was.members(),
            was.peers(),
            was.fileRevision(),
            Optional.of(new Restoring(id, sha256, step))));
    return this;
  }
}
