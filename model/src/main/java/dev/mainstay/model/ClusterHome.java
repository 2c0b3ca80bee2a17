package dev.mainstay.model;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Where the control machine keeps what belongs to one cluster: {@code .mainstay/NAME} beside the
 * cluster file. All of it can be lost without harm to the cluster.
 */
public record ClusterHome(Path directory) {

  /** The home of the cluster that {@code file} describes. */
  public static ClusterHome beside(Path file, ClusterName name) {
    Path folder = file.toAbsolutePath().normalize().resolveSibling(".mainstay");
    return new ClusterHome(folder.resolve(name.value()));
  }

  /**
   * Makes the folder {@code .mainstay} with a {@code .gitignore} for all of it: backups of etcd
   * with every Secret lie there, and cluster files are kept in git. To be called before anything is
   * written there; a {@code .gitignore} that is there stays as it is.
   */
  public void keepOutOfGit() {
    Path ignore = directory.resolveSibling(".gitignore");
    try {
      Files.createDirectories(ignore.resolveSibling(""));
      Files.writeString(ignore, "*\n", StandardOpenOption.CREATE_NEW);
    } catch (FileAlreadyExistsException kept) {
      // ours of an earlier command, or somebody's own
    } catch (IOException notOurs) {
      // who has something to write there will say that it cannot; others do not need the folder
    }
  }

  /**
   * Pinned host keys, one line a key as in OpenSSH's known_hosts, but by node name: {@code m1
   * ssh-ed25519 AAAA...}.
   */
  public Path knownHosts() {
    return directory.resolve("known_hosts");
  }

  /** How nodes are logged into, for when the file has them no more; JSON by node name. */
  public Path logins() {
    return directory.resolve("logins.json");
  }

  /** Backups of etcd, unless another folder is named; they are not remade when they are lost. */
  public Path etcdBackups() {
    return directory.resolve("etcd");
  }

  /** One folder a run, named so that they sort by time. */
  public Path runs() {
    return directory.resolve("runs");
  }

  /** Reports of drills, three files each, named so that they sort by time. */
  public Path drills() {
    return directory.resolve("drills");
  }

  /**
   * Kubeconfigs of the endpoints that are open now, named by their processes; each goes with its
   * own.
   */
  public Path connections() {
    return directory.resolve("connect");
  }
}
