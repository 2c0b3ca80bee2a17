package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Makes a bundle from source: Go modules pinned to their checksums, and Debian's signed packages.
 * About ten minutes on two cores; a second build takes seconds, because Go keeps what it compiled.
 */
public final class BundleBuild {
  static final String ARCH = "amd64";

  private static final long GIGABYTE = 1_000_000_000L;

  /** The bundle and as much again for the files on their way into it. */
  private static final long BUNDLE_SPACE = 3 * GIGABYTE;

  /** Modules and compiled packages of one Kubernetes version, when none of them is there. */
  private static final long GO_SPACE = 10 * GIGABYTE;

  private static final List<String> PATH =
      List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

  private final BundleCache cache;
  private final Map<String, String> environment;

  /**
   * @param environment of the process; {@code PATH}, {@code HOME} and Go's and proxies' variables
   *     are honoured
   */
  public BundleBuild(BundleCache cache, Map<String, String> environment) {
    this.cache = cache;
    this.environment = Map.copyOf(environment);
  }

  /** The Kubernetes versions that can be built, oldest first. */
  public static List<KubernetesVersion> versions() {
    return Pins.versions();
  }

  /**
   * The bundle of {@code version} from the cache, or built now and put there. Waits while another
   * process makes a bundle.
   *
   * @throws BundleException when it cannot be built; the cache is then as it was
   */
  public Bundle run(KubernetesVersion version, BundleProgress progress) {
    Pins pins = Pins.of(version);
    return Making.guarded(
        "bundle build",
        cache,
        () ->
            cache.findOrMake(
                pins,
                Source.BUILD,
                Making.waiting(progress),
                directory -> new Run(pins, directory, new Parts(progress)).make()));
  }

  /** One build. */
  private final class Run {
    private final Pins pins;
    private final Making making;
    private final Parts parts;
    private final Path work;
    private final Map<GoComponent, Path> programs = new EnumMap<>(GoComponent.class);

    Run(Pins pins, Path directory, Parts parts) throws IOException {
      this.pins = pins;
      this.parts = parts;
      this.making = new Making(pins, directory, ARCH);
      this.work = making.work();
    }

    Manifest make() throws IOException, InterruptedException {
      DebianPackages debian = new DebianPackages(ARCH, environment);
      debian.check();
      GoToolchain go = GoToolchain.find(pins, environment);
      Making.requireSpace(cache.directory(), BUNDLE_SPACE);
      if (!Files.isDirectory(go.buildCache())) {
        Making.requireSpace(go.buildCache(), GO_SPACE);
      }
      // The packages are downloaded while the compiler works.
      try (Aside<Map<String, DebianPackages.Downloaded>> packages =
          Aside.start(() -> making.packages(debian, parts, ImageTools.PACKAGES))) {
        for (GoComponent component : GoComponent.values()) {
          packages.check();
          compile(component, go);
        }
        binaries(go);
        images(go, packages.result());
      }
      Manifest manifest = making.manifest(Source.BUILD);
      parts.finish();
      return manifest;
    }

    private void compile(GoComponent component, GoToolchain go)
        throws IOException, InterruptedException {
      String version = pins.module(component.component());
      parts.run(
          component.component() + " " + version,
          part -> {
            Path folder =
                Files.createDirectories(work.resolve("go").resolve(component.component()));
            go.build(component, pins, ARCH, folder, part);
            Path out = folder.resolve("out");
            programs.put(component, out);
            part.add(Making.size(out));
            return out;
          });
    }

    private void binaries(GoToolchain go) throws IOException {
      for (Contents.HostBinary binary : Contents.binaries()) {
        GoComponent component = GoComponent.of(binary.component());
        // Copied, not moved: an image may hold it too.
        Files.copy(
            program(component, binary.name()),
            making.file(binary.file()),
            StandardCopyOption.REPLACE_EXISTING);
        making.add(binary, "v" + pins.module(binary.component()), origin(component, go));
      }
    }

    private void images(GoToolchain go, Map<String, DebianPackages.Downloaded> debian)
        throws IOException, InterruptedException {
      DebianPackages.Downloaded stable = debian.get("debian-12");
      if (stable == null) {
        throw new IllegalStateException("the images' tools are taken from debian-12");
      }
      ImageTools tools = new ImageTools(stable, Files.createDirectories(work.resolve("tools")));
      Layer iptables = tools.iptables();
      Layer busybox = tools.busybox();
      String withTools =
          ", iptables " + stable.get("iptables").version() + " of Debian " + stable.suite();
      for (Contents.Image image : Contents.images(pins)) {
        List<Layer> layers = new ArrayList<>();
        String entrypoint;
        String origin;
        switch (image.shortName()) {
          case "pause" -> {
            entrypoint = "/pause";
            origin = origin(GoComponent.KUBERNETES, go) + ": build/pause, in C";
            layers.add(new Layer().file("pause", pause(go), 0755));
          }
          case "coredns" -> {
            entrypoint = "/coredns";
            origin = origin(GoComponent.COREDNS, go);
            layers.add(small().file("coredns", program(GoComponent.COREDNS, "coredns"), 0755));
          }
          case "etcd" -> {
            entrypoint = "/usr/local/bin/etcd";
            origin = origin(GoComponent.ETCD, go);
            Layer layer = small();
            for (String name : List.of("etcd", "etcdctl", "etcdutl")) {
              layer.file("usr/local/bin/" + name, program(GoComponent.ETCD, name), 0755);
            }
            layers.add(layer);
          }
          case "flannel" -> {
            entrypoint = "/opt/bin/flanneld";
            origin = origin(GoComponent.FLANNEL, go) + withTools;
            layers.add(iptables);
            layers.add(busybox);
            layers.add(
                small().file("opt/bin/flanneld", program(GoComponent.FLANNEL, "flannel"), 0755));
          }
          default -> {
            String name = image.shortName();
            entrypoint = "/usr/local/bin/" + name;
            origin = origin(GoComponent.KUBERNETES, go);
            if (name.equals("kube-proxy")) {
              layers.add(iptables);
              origin += withTools;
            }
            Path program = program(GoComponent.KUBERNETES, name);
            layers.add(small().file("usr/local/bin/" + name, program, 0755));
          }
        }
        OciArchive.Start start = new OciArchive.Start(List.of(entrypoint), PATH, "/");
        parts.run(
            "image " + image.reference(),
            part -> {
              Path archive = making.file(image.file());
              OciArchive.write(archive, image.name(), image.tag(), ARCH, start, layers, work);
              part.add(Files.size(archive));
              return archive;
            });
        making.add(image, origin);
      }
    }

    /** What the distroless images have beside the program and what programs rely on. */
    private Layer small() {
      return new Layer().directory("tmp", 01777);
    }

    /** Upstream's own pause, which is one C file in Kubernetes' module. */
    private Path pause(GoToolchain go) throws IOException, InterruptedException {
      Path module =
          go.moduleDirectory(GoComponent.KUBERNETES.module(), work.resolve("go/kubernetes"));
      Path program = work.resolve("pause");
      go.compileC(
          module.resolve("build/pause/linux/pause.c"), "VERSION=v" + pins.image("pause"), program);
      return program;
    }

    private Path program(GoComponent component, String name) {
      Path out = programs.get(component);
      if (out == null) {
        throw new IllegalStateException(component + " is not compiled yet");
      }
      // Go names a program by the last word of its package's path that is not a version.
      String built = name.equals("etcd") ? "server" : name;
      return out.resolve(built);
    }

    private String origin(GoComponent component, GoToolchain go) {
      return component.module()
          + " v"
          + pins.module(component.component())
          + ", built with "
          + go.version();
    }
  }
}
