package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.KubernetesVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleCacheTest {
  private static final KubernetesVersion VERSION = KubernetesVersion.DEFAULT;

  @TempDir private Path directory;
  private BundleCache cache;

  @BeforeEach
  void open() {
    cache = new BundleCache(directory.resolve("bundles"));
  }

  @Test
  void liesWhereTheUserKeepsCaches() {
    assertThat(BundleCache.ofUser(Map.of("XDG_CACHE_HOME", "/x")).directory())
        .isEqualTo(Path.of("/x/mainstay/bundles"));
    assertThat(BundleCache.ofUser(Map.of("HOME", "/home/ada")).directory())
        .isEqualTo(Path.of("/home/ada/.cache/mainstay/bundles"));
    assertThat(
            BundleCache.ofUser(Map.of("HOME", "/home/ada", "XDG_CACHE_HOME", "relative"))
                .directory())
        .isEqualTo(Path.of("/home/ada/.cache/mainstay/bundles"));
  }

  @Test
  void isEmptyBeforeTheFirstBundle() {
    assertThat(cache.find(VERSION)).isEmpty();
    assertThat(cache.list()).isEmpty();
  }

  @Test
  void findsWhatWasMade() throws IOException, InterruptedException {
    Bundle made = make(Source.BUILD);

    assertThat(cache.find(VERSION).orElseThrow().directory()).isEqualTo(made.directory());
    assertThat(cache.list()).hasSize(1);
    assertThat(cache.find(new KubernetesVersion(1, 2, 3))).isEmpty();
  }

  @Test
  void makesABundleOnce() throws IOException, InterruptedException {
    make(Source.BUILD);

    Bundle again =
        cache.findOrMake(
            Pins.of(VERSION),
            Source.BUILD,
            () -> {},
            empty -> {
              throw new IllegalStateException("made again");
            });

    assertThat(again.manifest().source()).isEqualTo(Source.BUILD);
  }

  @Test
  void prefersTheBundleMadeLast() throws IOException, InterruptedException {
    Bundle built = make(Source.BUILD);
    Bundle fetched = make(Source.FETCH);
    age(built, 2);
    age(fetched, 1);
    assertThat(cache.find(VERSION).orElseThrow().directory()).isEqualTo(built.directory());

    age(fetched, 3);
    assertThat(cache.find(VERSION).orElseThrow().directory()).isEqualTo(fetched.directory());
  }

  @Test
  void keepsNothingOfABundleThatFailed() throws IOException {
    assertThatThrownBy(() ->
            cache.findOrMake(
                Pins.of(VERSION),
                Source.BUILD,
                () -> {},
                empty -> {
                  Files.createDirectory(empty.resolve("bin"));
                  Files.writeString(empty.resolve("bin/kubelet"), "half of it");
                  throw new IOException("no more");
                }))
        .hasMessage("no more");

    assertThat(names()).containsExactly(".lock");
    assertThat(cache.find(VERSION)).isEmpty();
  }

  @Test
  void removesWhatADeadProcessLeft() throws IOException, InterruptedException {
    Path left = cache.directory().resolve(".unfinished-v1.36.3-build-0123456789abcdef/bin");
    Files.createDirectories(left);
    Files.writeString(left.resolve("kubelet"), "half of it");

    Bundle bundle = make(Source.BUILD);

    assertThat(names())
        .containsExactlyInAnyOrder(".lock", bundle.directory().getFileName().toString());
  }

  @Test
  void replacesADirectoryWithoutAManifest() throws IOException, InterruptedException {
    Bundle bundle = make(Source.BUILD);
    Files.delete(bundle.directory().resolve("manifest.json"));
    assertThat(cache.find(VERSION)).isEmpty();

    assertThat(make(Source.BUILD).verify()).isEmpty();
  }

  @Test
  void usesWhatIsThereWhileAnotherIsBeingMade() throws IOException, InterruptedException {
    Bundle fetched = make(Source.FETCH);

    Bundle found =
        cache.findOrMake(
            Pins.of(VERSION),
            Source.BUILD,
            () -> {},
            empty -> {
              assertThat(make(Source.FETCH).digest()).isEqualTo(fetched.digest());
              return new Manifest(VERSION, "amd64", Source.BUILD, "x", List.of());
            });

    assertThat(found.manifest().source()).isEqualTo(Source.BUILD);
  }

  @Test
  void waitsForAnotherProcessAndSaysSo() throws IOException, InterruptedException {
    Files.createDirectories(cache.directory());
    Path lock = cache.directory().resolve(".lock");
    // A lock of this process would be refused, so another one has to hold it.
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(),
                lock.toString())
            .start();
    assertThat(other.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("held");
    List<String> told = new ArrayList<>();

    Bundle bundle =
        cache.findOrMake(
            Pins.of(VERSION),
            Source.BUILD,
            () -> {
              told.add("waiting");
              other.destroy();
            },
            empty -> new Manifest(VERSION, "amd64", Source.BUILD, "x", List.of()));

    assertThat(told).containsExactly("waiting");
    assertThat(bundle.verify()).isEmpty();
  }

  @Test
  void refusesToMakeTwoAtOnceInOneProcess() {
    assertThatThrownBy(() ->
            cache.findOrMake(
                Pins.of(VERSION), Source.BUILD, () -> {}, empty -> make(Source.FETCH).manifest()))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("already making a bundle");
  }

  private Bundle make(Source source) throws IOException, InterruptedException {
    Pins pins = Pins.of(VERSION);
    return cache.findOrMake(
        pins,
        source,
        () -> {},
        empty -> new Manifest(VERSION, "amd64", source, pins.key(source), List.of()));
  }

  private static void age(Bundle bundle, long seconds) throws IOException {
    Files.setLastModifiedTime(
        bundle.directory().resolve("manifest.json"), FileTime.fromMillis(seconds * 1000));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(cache.directory())) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }
}
