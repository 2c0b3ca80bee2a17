package dev.mainstay.bundle;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The Debian packages that hosts need, downloaded by apt into a private root: own sources, own
 * lists, own cache and an empty package database. So apt works out all dependencies as for an empty
 * machine, checks the archive's signatures with Debian's keys, and leaves the packages of this
 * machine alone. What each Debian has anyway is then left out; a host installs of the rest what it
 * lacks.
 */
final class DebianPackages {
  /** What hosts need of their distribution, beside what these depend on. */
  static final List<String> WANTED =
      List.of("conntrack", "ethtool", "haproxy", "iptables", "runc", "socat");

  /** The distributions that hosts may run, and their suites. */
  static final Map<String, String> SUITES =
      new TreeMap<>(Map.of("debian-12", "bookworm", "debian-13", "trixie"));

  private static final Path KEYRING = Path.of("/usr/share/keyrings/debian-archive-keyring.gpg");

  private final Map<String, String> environment;
  private final String arch;

  DebianPackages(String arch, Map<String, String> environment) {
    this.arch = arch;
    this.environment = Map.copyOf(environment);
  }

  /**
   * One downloaded package.
   *
   * @param name without the architecture
   * @param version with its epoch
   * @param arch the architecture, or {@code all}
   */
  record Deb(String name, String version, String arch, Path file) {}

  /**
   * All packages of one distribution that were downloaded.
   *
   * @param suite {@code bookworm}
   * @param packages by name, with all dependencies, down to the C library
   * @param needed the names of those that hosts may lack
   */
  record Downloaded(String suite, Map<String, Deb> packages, Set<String> needed) {
    /** The package {@code name}, which is there because it was asked for. */
    Deb get(String name) {
      Deb found = packages.get(name);
      if (found == null) {
        throw new BundleException(
            "Debian " + suite, "the package " + name + " was not downloaded", "");
      }
      return found;
    }
  }

  /** Refuses a machine that cannot download Debian packages, before any long work. */
  void check() {
    apt("apt-get");
    apt("dpkg-deb");
    if (!Files.isReadable(KEYRING)) {
      throw new BundleException(
          KEYRING.toString(),
          "Debian's archive keys are not there; packages cannot be checked without them",
          "install them: apt-get install debian-archive-keyring");
    }
  }

  /**
   * Downloads {@link #WANTED} and {@code more}, with all they depend on.
   *
   * @param root an empty directory, which may be removed when the files were taken
   */
  Downloaded download(String distribution, List<String> more, Path root)
      throws IOException, InterruptedException {
    check();
    String suite = SUITES.get(distribution);
    if (suite == null) {
      throw new BundleException(distribution, "no packages are known for it", "");
    }
    prepare(root, suite);
    Map<String, String> env = new HashMap<>(environment);
    env.put("APT_CONFIG", root.resolve("apt.conf").toString());
    env.put("LC_ALL", "C.UTF-8");
    env.put("DEBIAN_FRONTEND", "noninteractive");
    String advice = "check that this machine reaches the Debian archive: apt-get update";
    new Command(
            List.of(apt("apt-get"), "-q", "-o", "APT::Update::Error-Mode=any", "update"), root, env)
        .lines(advice);

    Set<String> needed = closure(WANTED, root, env);
    needed.removeAll(closure(everywhere(root, env), root, env));

    List<String> line =
        new ArrayList<>(List.of(apt("apt-get"), "-q", "-y", "--download-only", "install"));
    line.addAll(WANTED);
    line.addAll(more);
    new Command(line, root, env).lines(advice);

    Map<String, Deb> packages = new TreeMap<>();
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(root.resolve("var/cache/apt/archives"), "*.deb")) {
      for (Path file : files) {
        Deb found = describe(file, root);
        packages.put(found.name(), found);
      }
    }
    Downloaded downloaded = new Downloaded(suite, packages, needed);
    needed.forEach(downloaded::get);
    return downloaded;
  }

  private void prepare(Path root, String suite) throws IOException, InterruptedException {
    for (String directory :
        List.of(
            "etc/apt/apt.conf.d",
            "etc/apt/preferences.d",
            "etc/apt/sources.list.d",
            "etc/apt/trusted.gpg.d",
            "var/lib/apt/lists/partial",
            "var/lib/dpkg",
            "var/cache/apt/archives/partial",
            "var/log/apt")) {
      Files.createDirectories(root.resolve(directory));
    }
    Files.createFile(root.resolve("var/lib/dpkg/status"));
    DebianMirror mirror = DebianMirror.ofMachine(Path.of("/etc/apt"));
    String options = "deb [arch=" + arch + " signed-by=" + KEYRING + "] ";
    Files.writeString(
        root.resolve("etc/apt/sources.list"),
        options
            + mirror.archive()
            + " "
            + suite
            + " main\n"
            + options
            + mirror.archive()
            + " "
            + suite
            + "-updates main\n"
            + options
            + mirror.security()
            + " "
            + suite
            + "-security main\n");
    Files.writeString(
        root.resolve("apt.conf"),
        """
        Dir "%1$s/";
        Dir::State::status "%1$s/var/lib/dpkg/status";
        Dir::Log "%1$s/var/log/apt";
        APT::Architecture "%2$s";
        APT::Architectures { "%2$s"; };
        APT::Install-Recommends "false";
        // The directory belongs to the caller alone, so apt cannot step down to its own user in it.
        APT::Sandbox::User "root";
        Acquire::Languages "none";
        Acquire::Retries "3";
        // Nobody else works in this root, and locking would ask for more rights.
        Debug::NoLocking "true";
        %3$s\
        """
            .formatted(root, arch, machineSettings(root)));
  }

  /** How this machine's apt is told to reach the network, such as through a proxy. */
  private String machineSettings(Path root) throws IOException, InterruptedException {
    StringBuilder settings = new StringBuilder();
    for (String line :
        new Command(List.of(apt("apt-config"), "dump"), root, environment).lines("")) {
      if (line.startsWith("Acquire::http") || line.startsWith("Acquire::ForceIPv4")) {
        settings.append(line).append('\n');
      }
    }
    return settings.toString();
  }

  /** All packages that come with {@code names} on an empty machine. */
  private Set<String> closure(List<String> names, Path root, Map<String, String> env)
      throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(List.of(apt("apt-get"), "-q", "-s", "install"));
    line.addAll(names);
    Set<String> closure = new LinkedHashSet<>();
    for (String text : new Command(line, root, env).lines("")) {
      // Inst libmnl0 (1.0.4-3 Debian:12.12/oldstable [amd64])
      String[] words = text.split(" ", 3);
      if (words.length == 3 && words[0].equals("Inst")) {
        closure.add(words[1]);
      }
    }
    return closure;
  }

  /** The packages that Debian's policy puts on each machine. */
  private List<String> everywhere(Path root, Map<String, String> env)
      throws IOException, InterruptedException {
    Set<String> names = new LinkedHashSet<>();
    String name = "";
    for (String line : new Command(List.of(apt("apt-cache"), "dumpavail"), root, env).lines("")) {
      if (line.startsWith("Package: ")) {
        name = line.substring("Package: ".length());
      } else if (line.equals("Priority: required") || line.equals("Essential: yes")) {
        names.add(name);
      }
    }
    return List.copyOf(names);
  }

  private Deb describe(Path file, Path root) throws IOException, InterruptedException {
    List<String> fields =
        new Command(
                List.of(
                    apt("dpkg-deb"),
                    "--show",
                    "--showformat=${Package}\\n${Version}\\n${Architecture}\\n",
                    file.toString()),
                root,
                environment)
            .lines("");
    if (fields.size() != 3) {
      throw new BundleException(file.toString(), "it is not a Debian package", "");
    }
    return new Deb(fields.get(0), fields.get(1), fields.get(2), file);
  }

  private String apt(String program) {
    return Command.find(program, environment, "/usr/bin")
        .map(Path::toString)
        .orElseThrow(() ->
            new BundleException(
                "this machine",
                "it has no "
                    + program
                    + ", which downloads and checks the Debian packages for"
                    + " the hosts",
                "make the bundle on a Debian or Ubuntu machine, and copy it: it is one"
                    + " directory"));
  }
}
