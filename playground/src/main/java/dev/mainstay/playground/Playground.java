package dev.mainstay.playground;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Hosts on this machine under one name, on a bridge of their own. */
public final class Playground {
  private final Path directory;

  private Playground(Path directory) {
    this.directory = directory;
  }

  /** The playground of that name, whether it exists or not; {@code name} is one DNS label. */
  public static Playground of(PlaygroundHome home, String name) {
    return new Playground(home.playground(name));
  }

  /** The cluster file that {@link #up} writes where there is none. */
  public Path clusterFile() {
    return directory.resolve("cluster.yaml");
  }

  public boolean exists() {
    return Files.isDirectory(directory);
  }

  /** Its hosts, masters first, each kind in the order of their names; empty if there are none. */
  public List<PlaygroundHost> hosts() {
    return List.of();
  }

  /**
   * Makes the hosts of {@code spec} and waits until ssh answers on all of them. On a playground
   * that exists, starts the hosts that are stopped and changes nothing else.
   */
  public void up(PlaygroundSpec spec, PlaygroundProgress progress) {
    throw new UnsupportedOperationException();
  }

  /** Removes everything that {@link #up} made, also after a crash in the middle or a reboot. */
  public void down(PlaygroundProgress progress) {
    throw new UnsupportedOperationException();
  }

  /** Powers the host off at once; its disk is kept. */
  public void stop(NodeName host) {
    throw new UnsupportedOperationException();
  }

  /** Powers the host on and waits until ssh answers. */
  public void start(NodeName host) {
    throw new UnsupportedOperationException();
  }

  /** Makes the host's network go black: what is sent to it or by it is lost. */
  public void cut(NodeName host) {
    throw new UnsupportedOperationException();
  }

  /** Undoes {@link #cut}. */
  public void heal(NodeName host) {
    throw new UnsupportedOperationException();
  }

  /** Gives hosts new addresses at the same moment; {@code edit} rewrites cluster.yaml as well. */
  public void move(Map<NodeName, Address> to, boolean edit) {
    throw new UnsupportedOperationException();
  }

  /** Makes one more empty host and waits until ssh answers; cluster.yaml stays as it is. */
  public PlaygroundHost add(Role role, NodeName host, HostOptions options) {
    throw new UnsupportedOperationException();
  }

  /** The host's line for cluster.yaml: {@code m4: 10.77.0.14}. */
  public String line(NodeName host) {
    throw new UnsupportedOperationException();
  }

  /**
   * Takes a host away for good, its disk with it; cluster.yaml and the pinned host key stay as they
   * are.
   */
  public void remove(NodeName host) {
    throw new UnsupportedOperationException();
  }

  /**
   * Runs a command on the host as root, with this process's own standard streams, also where the
   * host has no network; returns its exit status.
   */
  public int exec(NodeName host, List<String> command) {
    throw new UnsupportedOperationException();
  }

  /** Like {@link #exec}, with the output returned and no standard input. */
  public Captured capture(NodeName host, List<String> command) {
    throw new UnsupportedOperationException();
  }
}
