package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Channel;
import dev.mainstay.ssh.Host;
import dev.mainstay.ssh.Hosts;
import dev.mainstay.ssh.Output;
import dev.mainstay.ssh.RemoteCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** Mutable: hosts that answer each script with what the test says, and remember what they ran. */
final class FakeHosts implements Hosts {
  /** One command as a host saw it. */
  record Ran(String node, String script, List<String> arguments, String stdin) {}

  final List<Ran> ran = new CopyOnWriteArrayList<>();
  private final Map<String, Function<Ran, Output>> answers = new ConcurrentHashMap<>();
  private final Map<NodeName, Failure> unreachable = new ConcurrentHashMap<>();

  /** Whichever host runs {@code script} answers with {@code output}; without this, with nothing. */
  void answer(String script, Output output) {
    answers.put(script, ran -> output);
  }

  /** The same, with an output that depends on what was run. */
  void answer(String script, Function<Ran, Output> output) {
    answers.put(script, output);
  }

  void cut(String node, Failure failure) {
    unreachable.put(new NodeName(node), failure);
  }

  List<String> scripts() {
    return ran.stream().map(one -> one.node() + " " + one.script()).toList();
  }

  @Override
  public Host login(NodeSpec node) {
    Failure failure = unreachable.get(node.name());
    if (failure != null) {
      throw failure;
    }
    return new Host() {
      @Override
      public NodeSpec node() {
        return node;
      }

      @Override
      public String fingerprint() {
        return "SHA256:" + node.name();
      }

      @Override
      public Output run(RemoteCommand command) {
        ByteArrayOutputStream stdin = new ByteArrayOutputStream();
        try {
          command.stdin().writeTo(stdin);
        } catch (IOException broken) {
          throw new UncheckedIOException(broken);
        }
        String script = name(command.script());
        Ran one =
            new Ran(
                node.name().value(),
                script,
                command.arguments(),
                stdin.toString(StandardCharsets.UTF_8));
        ran.add(one);
        Function<Ran, Output> answer = answers.get(script);
        return answer == null
            ? new Output(0, script.equals("certificates") ? "end\n" : "", "")
            : answer.apply(one);
      }

      @Override
      public Output run(RemoteCommand command, OutputStream stdout) {
        Output output = run(command);
        try {
          stdout.write(output.stdout().getBytes(StandardCharsets.UTF_8));
        } catch (IOException broken) {
          throw new UncheckedIOException(broken);
        }
        return new Output(output.exit(), "", output.stderr());
      }

      @Override
      public Channel open(int port, Duration deadline) {
        throw new Failure.Unreachable(label() + ": nothing listens on " + port, "", true);
      }
    };
  }

  /** The name of the script with this text: none that is not in the vocabulary may run. */
  private static String name(String text) {
    return Vocabulary.NAMES.stream()
        .filter(name -> Scripts.script(name).equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("not a script of ours: " + text));
  }

  /** Every script. */
  private static final class Vocabulary {
    static final List<String> NAMES =
        List.of(
            "admin-conf",
            "amend-master",
            "answers",
            "apply-manifest",
            "certificates",
            "close-stale",
            "cluster",
            "configure",
            "credentials",
            "delete-nodes",
            "description",
            "dns-could-move",
            "dns-spread",
            "dns-without-forwarding",
            "drain",
            "drill-heal",
            "drill-strike",
            "etcd-finish",
            "etcd-keep",
            "etcd-look",
            "etcd-others",
            "etcd-prepare",
            "etcd-rebuild",
            "etcd-set-aside",
            "etcd-snapshot",
            "etcd-start",
            "etcd-stop",
            "etcd-swap",
            "etcd-undo",
            "etcd-verify",
            "fingerprints",
            "health",
            "import-images",
            "init",
            "join",
            "joined-worker",
            "kubeadm-reset",
            "master-healthy",
            "master-serves",
            "members-healthy",
            "move-worker",
            "normalise-master",
            "observe",
            "point-kubelet",
            "ready",
            "receive",
            "received",
            "remove-member",
            "remove-members",
            "renew-certificates",
            "renew-kubelet",
            "reset",
            "retire-master",
            "return-master",
            "serve",
            "sign-kubelet",
            "sign-user",
            "undrain");
  }

  @Override
  public void close() {}
}
