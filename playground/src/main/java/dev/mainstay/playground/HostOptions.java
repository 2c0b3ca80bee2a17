package dev.mainstay.playground;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What one host is like, for tests of "not every server is like the playground's".
 *
 * @param debian the release: 12 or 13
 * @param sshPort the TCP port of its sshd
 * @param accounts accounts besides root; the playground's key logs into each of them
 * @param rootLogin whether sshd lets root in
 * @param packages Debian packages that are there from the start: {@code haproxy}
 * @param memoryMegabytes the most memory that its processes may use together; empty: no limit
 * @param diskMegabytes the size of its disk, for everything that it writes; empty: the machine's
 */
public record HostOptions(
    int debian,
    int sshPort,
    List<Account> accounts,
    boolean rootLogin,
    List<String> packages,
    OptionalInt memoryMegabytes,
    OptionalInt diskMegabytes) {

  /** How an account becomes root. */
  public enum Sudo {
    NONE,
    WITHOUT_PASSWORD,
    WITH_PASSWORD
  }

  /**
   * An account besides root.
   *
   * @param name the account's name
   * @param sudo how it becomes root
   * @param password what sudo asks for; empty for a locked password. A playground's password guards
   *     nothing, so it is plain text
   */
  public record Account(String name, Sudo sudo, String password) {
    public Account {
      if (!name.matches("[a-z][a-z0-9-]{0,30}") || name.equals("root")) {
        throw new PlaygroundException("not a name for an account: " + name);
      }
    }
  }

  /** Debian 12, root by key on port 22, nothing besides. */
  public static final HostOptions DEFAULT =
      new HostOptions(12, 22, List.of(), true, List.of(), OptionalInt.empty(), OptionalInt.empty());

  public HostOptions {
    if (debian != 12 && debian != 13) {
      throw new PlaygroundException("hosts are Debian 12 or 13, not " + debian);
    }
    if (sshPort < 1 || sshPort > 65535) {
      throw new PlaygroundException("not a TCP port: " + sshPort);
    }
    for (String name : packages) {
      if (!name.matches("[a-z0-9][a-z0-9+.-]+")) {
        throw new PlaygroundException("not a Debian package: " + name);
      }
    }
    accounts = List.copyOf(accounts);
    packages = List.copyOf(packages);
  }

  public HostOptions withDebian(int release) {
    return new HostOptions(
        release, sshPort, accounts, rootLogin, packages, memoryMegabytes, diskMegabytes);
  }

  public HostOptions withSshPort(int port) {
    return new HostOptions(
        debian, port, accounts, rootLogin, packages, memoryMegabytes, diskMegabytes);
  }

  /** One more account that becomes root without a password. */
  public HostOptions withSudoer(String name) {
    return with(new Account(name, Sudo.WITHOUT_PASSWORD, ""));
  }

  /** One more account that becomes root by {@code password}. */
  public HostOptions withSudoer(String name, String password) {
    return with(new Account(name, Sudo.WITH_PASSWORD, password));
  }

  /** One more account. */
  public HostOptions with(Account account) {
    return new HostOptions(
        debian,
        sshPort,
        Stream.concat(accounts.stream(), Stream.of(account)).toList(),
        rootLogin,
        packages,
        memoryMegabytes,
        diskMegabytes);
  }

  public HostOptions withoutRootLogin() {
    return new HostOptions(
        debian, sshPort, accounts, false, packages, memoryMegabytes, diskMegabytes);
  }

  public HostOptions withPackages(String... names) {
    return new HostOptions(
        debian, sshPort, accounts, rootLogin, List.of(names), memoryMegabytes, diskMegabytes);
  }

  public HostOptions withMemoryMegabytes(int limit) {
    return new HostOptions(
        debian, sshPort, accounts, rootLogin, packages, OptionalInt.of(limit), diskMegabytes);
  }

  public HostOptions withDiskMegabytes(int size) {
    return new HostOptions(
        debian, sshPort, accounts, rootLogin, packages, memoryMegabytes, OptionalInt.of(size));
  }
}
