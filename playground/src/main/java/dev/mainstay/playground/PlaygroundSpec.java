package dev.mainstay.playground;

import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What {@link Playground#up} makes.
 *
 * @param masters how many masters, {@code m1} onward; at least 1
 * @param workers how many workers, {@code w1} onward; may be 0
 * @param kubernetes the version that a new cluster file names
 * @param options what every host is like
 * @param exceptions hosts that are like something else
 */
public record PlaygroundSpec(
    int masters,
    int workers,
    KubernetesVersion kubernetes,
    HostOptions options,
    Map<NodeName, HostOptions> exceptions) {
  private static final int MOST = 99;

  /** Three masters and two workers, all of them plain. */
  public static final PlaygroundSpec DEFAULT =
      new PlaygroundSpec(3, 2, KubernetesVersion.DEFAULT, HostOptions.DEFAULT, Map.of());

  public PlaygroundSpec {
    if (masters < 1 || masters > MOST || workers < 0 || workers > MOST) {
      throw new PlaygroundException(
          "a playground has 1 to %d masters and 0 to %d workers, not %d and %d"
              .formatted(MOST, MOST, masters, workers));
    }
    exceptions = Map.copyOf(exceptions);
  }

  public PlaygroundSpec withMasters(int count) {
    return new PlaygroundSpec(count, workers, kubernetes, options, exceptions);
  }

  public PlaygroundSpec withWorkers(int count) {
    return new PlaygroundSpec(masters, count, kubernetes, options, exceptions);
  }

  public PlaygroundSpec withKubernetes(KubernetesVersion version) {
    return new PlaygroundSpec(masters, workers, version, options, exceptions);
  }

  /** What every host is like that no exception was made for. */
  public PlaygroundSpec withOptions(HostOptions all) {
    return new PlaygroundSpec(masters, workers, kubernetes, all, exceptions);
  }

  /** One host that is not like the others. */
  public PlaygroundSpec with(NodeName host, HostOptions its) {
    Map<NodeName, HostOptions> more = new LinkedHashMap<>(exceptions);
    more.put(host, its);
    return new PlaygroundSpec(masters, workers, kubernetes, options, more);
  }

  /** The hosts in the order of their names, masters first. */
  Map<NodeName, Role> hosts() {
    Map<NodeName, Role> hosts = new LinkedHashMap<>();
    IntStream.rangeClosed(1, masters).forEach(n -> hosts.put(new NodeName("m" + n), Role.MASTER));
    IntStream.rangeClosed(1, workers).forEach(n -> hosts.put(new NodeName("w" + n), Role.WORKER));
    return hosts;
  }

  HostOptions options(NodeName host) {
    return exceptions.getOrDefault(host, options);
  }
}
