package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mainstay.model.KubernetesVersion;
import dev.mainstay.model.Role;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleFetchIT {
  private static final KubernetesVersion VERSION = KubernetesVersion.DEFAULT;

  /** A connection that is reset may lose what was on the way, so the place is not exact. */
  private static final String MIDDLE = "bytes=[1-9]\\d+-";

  private static final Duration SHORT = Duration.ofMillis(400);
  private static final String KUBEADM = "/v1.36.3/bin/linux/amd64/kubeadm";

  @TempDir private static Path shared;
  private static KeyStore keys;

  @TempDir private Path directory;
  private FakeUpstream upstream;
  private BundleCache cache;

  @BeforeAll
  static void makeCertificate() throws IOException, GeneralSecurityException, InterruptedException {
    keys = FakeUpstream.certificate(shared);
  }

  @BeforeEach
  void start() throws IOException, GeneralSecurityException {
    upstream = new FakeUpstream(keys, VERSION);
    cache = new BundleCache(directory.resolve("cache"));
  }

  @AfterEach
  void stop() {
    upstream.close();
  }

  private Bundle fetch() {
    return fetch(BundleProgress.NONE, upstream.network());
  }

  private Bundle fetch(BundleProgress progress, Network network) {
    BundleFetch.Packages none =
        new BundleFetch.Packages() {
          @Override
          public void check() {}

          @Override
          public void take(Making making, Parts parts) {}
        };
    return new BundleFetch(cache, upstream.upstream(), network, none).run(VERSION, progress);
  }

  @Test
  void fetchesEveryBinaryAndImage() throws IOException {
    Bundle bundle = fetch();

    assertThat(bundle.verify()).isEmpty();
    assertThat(bundle.manifest().source()).isEqualTo(Source.FETCH);
    assertThat(bundle.manifest().artifacts())
        .extracting(Artifact::file)
        .containsExactlyInAnyOrderElementsOf(
            Stream.concat(
                    Contents.binaries().stream().map(Contents.HostBinary::file),
                    Contents.images(Pins.of(VERSION)).stream().map(Contents.Image::file))
                .toList());
    Path kubeadm = bundle.directory().resolve("bin/kubeadm");
    assertThat(kubeadm).hasBinaryContent(FakeUpstream.program("kubeadm")).isExecutable();
    assertThat(bundle.directory().resolve("cni/flannel"))
        .hasBinaryContent(FakeUpstream.program("flannel"));
    assertThat(bundle.artifactsFor(Role.WORKER, "debian-12"))
        .extracting(Artifact::name)
        .contains("kubelet", "registry.k8s.io/kube-proxy")
        .doesNotContain("etcdctl", "registry.k8s.io/etcd");
  }

  @Test
  void writesAnImageAsItsRegistryHasIt() throws IOException {
    Bundle bundle = fetch();

    Map<String, byte[]> archive = entries(bundle.directory().resolve("images/kube-proxy.tar"));
    String path = upstream.path("/v2/kube-proxy/manifests/sha256:");
    String digest = path.substring(path.lastIndexOf(':') + 1);
    assertThat(archive.get("blobs/sha256/" + digest)).isEqualTo(upstream.content(path));
    assertThat(archive.keySet().stream().filter(name -> name.matches("blobs/sha256/.+")))
        .hasSize(3);
    assertThat(text(archive, "index.json"))
        .contains("\"io.containerd.image.name\":\"registry.k8s.io/kube-proxy:v1.36.3\"")
        .contains("sha256:" + digest);
  }

  @Test
  void asksNothingOfTheNetworkTheSecondTime() {
    Bundle first = fetch();
    int requests = upstream.requests().size();

    Bundle second = fetch();

    assertThat(second.digest()).isEqualTo(first.digest());
    assertThat(upstream.requests()).hasSize(requests);
  }

  @Test
  void leavesNothingButTheBundle() throws IOException {
    Bundle bundle = fetch();

    try (Stream<Path> files = Files.list(cache.directory())) {
      assertThat(files)
          .containsExactlyInAnyOrder(bundle.directory(), cache.directory().resolve(".lock"));
    }
  }

  @Test
  void tellsHowFarItIsAndHowLongPartsTook() {
    List<String> seen = new ArrayList<>();
    List<PartTime> times = new ArrayList<>();
    fetch(
        new BundleProgress() {
          @Override
          public void part(String part, long done, long total, Duration elapsed) {
            seen.add(part + " " + done + "/" + total);
          }

          @Override
          public void finished(List<PartTime> parts) {
            times.addAll(parts);
          }
        },
        upstream.network());

    assertThat(seen).contains("kubeadm 0/-1", "kubeadm 300000/300000");
    assertThat(times).extracting(PartTime::name).startsWith("kubeadm", "kubelet", "kubectl");
    assertThat(times.getFirst().bytes()).isEqualTo(300_000);
  }

  @Test
  void refusesAFileThatIsNotWhatWasPublished() {
    upstream.replace(KUBEADM, FakeUpstream.program("something else"));

    assertThatThrownBy(this::fetch)
        .isExactlyInstanceOf(BundleException.class)
        .hasMessageContaining("/bin/linux/amd64/kubeadm: downloaded kubeadm, 300000 bytes")
        .hasMessageContaining("was published")
        .hasMessageContaining("nothing of it was kept");
    assertThat(cache.find(VERSION)).isEmpty();
    assertThat(upstream.requests(KUBEADM)).hasSize(1);
  }

  @Test
  void refusesATruncatedFile() {
    String path = upstream.path("containerd-");
    byte[] whole = upstream.content(path);
    upstream.replace(path, Arrays.copyOf(whole, whole.length / 2));

    assertThatThrownBy(this::fetch)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(path)
        .hasMessageContaining("its checksum is");
    assertThat(cache.list()).isEmpty();
  }

  @Test
  void saysWhatUpstreamDoesNotHave() {
    upstream.remove("/v1.36.3/bin/linux/amd64/kubelet");

    assertThatThrownBy(this::fetch)
        .isInstanceOf(BundleException.Unreachable.class)
        .hasMessageContaining("/v1.36.3/bin/linux/amd64/kubelet")
        .hasMessageContaining("HTTP 404")
        .hasMessageContaining("upstream has no such release");
  }

  @Test
  void givesUpOnAConnectionThatStandsStill() {
    upstream.fault(KUBEADM, upstream.stallsAfter(0));

    assertThatThrownBy(() -> fetch(BundleProgress.NONE, upstream.network(SHORT)))
        .isInstanceOf(BundleException.Unreachable.class)
        .hasMessageContaining("/kubeadm: downloading kubeadm failed 5 times in a row")
        .hasMessageContaining("stood still for 0.4 s")
        .hasMessageContaining("HTTPS_PROXY");
    assertThat(upstream.requests(KUBEADM)).hasSize(Downloads.TRIES);
  }

  @Test
  void goesOnWhereAStalledConnectionStopped() {
    FakeUpstream.Fault stall = upstream.stallsAfter(200_000);
    upstream.fault(
        KUBEADM,
        (exchange, content) ->
            upstream.requests(KUBEADM).size() == 1 && stall.answer(exchange, content));

    Bundle bundle = fetch(BundleProgress.NONE, upstream.network(SHORT));

    assertThat(bundle.verify()).isEmpty();
    assertThat(upstream.requests(KUBEADM).get(1).range()).matches(MIDDLE);
  }

  @Test
  void goesOnWhereABrokenConnectionStopped() throws IOException {
    upstream.fault(KUBEADM, upstream.breaksAfter(123_456));

    Bundle bundle = fetch();

    assertThat(bundle.directory().resolve("bin/kubeadm"))
        .hasBinaryContent(FakeUpstream.program("kubeadm"));
    assertThat(upstream.requests(KUBEADM)).hasSize(2);
    assertThat(upstream.requests(KUBEADM).getLast().range()).matches(MIDDLE);
  }

  @Test
  void goesOnInALaterRunWhereAnEarlierOneFailed() {
    String kubelet = "/v1.36.3/bin/linux/amd64/kubelet";
    FakeUpstream.Fault half = upstream.breaksAfter(100_000);
    upstream.fault(
        kubelet,
        (exchange, content) -> {
          // Half of it, and then this machine is not let in any more.
          if (upstream.requests(kubelet).size() > 1) {
            FakeUpstream.send(exchange, 403, FakeUpstream.utf8("no"));
            return true;
          }
          half.answer(exchange, content);
          upstream.fault(
              kubelet,
              (again, whole) -> {
                FakeUpstream.send(again, 403, FakeUpstream.utf8("no"));
                return true;
              });
          return true;
        });
    assertThatThrownBy(this::fetch).hasMessageContaining("HTTP 403");
    upstream.fault(kubelet, (exchange, content) -> false);

    assertThat(fetch().verify()).isEmpty();
    assertThat(upstream.requests(KUBEADM)).hasSize(1);
    assertThat(upstream.requests(kubelet).getLast().range()).matches(MIDDLE);
  }

  @Test
  void startsAnewWhereAServerCannotGoOn() {
    FakeUpstream.Fault half = upstream.breaksAfter(100_000);
    upstream.fault(
        KUBEADM,
        (exchange, content) -> {
          half.answer(exchange, content);
          upstream.fault(
              KUBEADM,
              (again, whole) -> {
                FakeUpstream.send(again, 200, whole);
                return true;
              });
          return true;
        });

    assertThat(fetch().verify()).isEmpty();
  }

  @Test
  void startsAnewWhenTheFileChangedBetween() {
    byte[] right = upstream.content(KUBEADM);
    upstream.replace(KUBEADM, FakeUpstream.program("yesterday's build"));
    upstream.fault(
        KUBEADM,
        (exchange, content) -> {
          upstream.breaksAfter(100_000).answer(exchange, content);
          upstream.replace(KUBEADM, right);
          return true;
        });

    assertThat(fetch().verify()).isEmpty();
    assertThat(upstream.requests(KUBEADM)).hasSize(3);
    assertThat(upstream.requests(KUBEADM).get(1).range()).matches(MIDDLE);
    assertThat(upstream.requests(KUBEADM).getLast().range()).isEmpty();
  }

  @Test
  void triesAgainWhenAServerIsBusy() {
    upstream.fault(
        KUBEADM,
        (exchange, content) -> {
          if (upstream.requests(KUBEADM).size() > 2) {
            return false;
          }
          FakeUpstream.send(exchange, 503, FakeUpstream.utf8("busy"));
          return true;
        });

    assertThat(fetch().verify()).isEmpty();
  }

  @Test
  void refusesALayerThatIsNotWhatTheManifestSays() {
    String layer = largestBlob("/v2/etcd/");
    upstream.replace(layer, FakeUpstream.program("another layer"));

    assertThatThrownBy(this::fetch)
        .isInstanceOf(BundleException.class)
        .hasMessageContaining(layer)
        .hasMessageContaining("its checksum is");
  }

  @Test
  void refusesAManifestThatIsNotWhatTheListSays() {
    String manifest = upstream.path("/v2/etcd/manifests/sha256:");
    upstream.replace(manifest, FakeUpstream.utf8("{\"config\":{},\"layers\":[]}"));

    assertThatThrownBy(this::fetch)
        .isExactlyInstanceOf(BundleException.class)
        .hasMessageContaining(manifest)
        .hasMessageContaining("the manifest that came has the digest");
  }

  @Test
  void doesNotHandARegistrysTokenToItsStorage() {
    String layer = largestBlob("/v2/etcd/");
    String storage = "/storage/layer";
    upstream.replace(storage, upstream.content(layer));
    upstream.fault(
        layer,
        (exchange, content) -> {
          URI target = upstream.address("127.0.0.1").resolve(storage);
          exchange.getResponseHeaders().set("Location", target.toString());
          FakeUpstream.send(exchange, 307, new byte[0]);
          return true;
        });

    assertThat(fetch().verify()).isEmpty();
    assertThat(upstream.requests(layer).getFirst().authorization())
        .isEqualTo("Bearer " + FakeUpstream.TOKEN);
    assertThat(upstream.requests(storage).getFirst().authorization()).isEmpty();
  }

  @Test
  void knowsAProxysPageInPlaceOfWhatWasAskedFor() {
    byte[] page = FakeUpstream.utf8("<html>Please log in</html>");
    upstream.replace(KUBEADM + ".sha256", page);

    assertThatThrownBy(this::fetch)
        .isInstanceOf(BundleException.Unreachable.class)
        .hasMessageContaining("it has no checksum of kubeadm");

    upstream.replace(KUBEADM + ".sha256", FakeUpstream.utf8(Digests.of(upstream.content(KUBEADM))));
    upstream.replace(upstream.path("/v2/etcd/manifests/"), page);

    assertThatThrownBy(this::fetch)
        .isInstanceOf(BundleException.Unreachable.class)
        .hasMessageContaining("it is no JSON");
  }

  @Test
  void refusesToLeaveTls() {
    upstream.fault(
        KUBEADM,
        (exchange, content) -> {
          exchange.getResponseHeaders().set("Location", "http://localhost/kubeadm");
          FakeUpstream.send(exchange, 302, new byte[0]);
          return true;
        });

    assertThatThrownBy(this::fetch)
        .isInstanceOf(BundleException.Unreachable.class)
        .hasMessageContaining("redirects to http://localhost/kubeadm, which is not HTTPS");
  }

  @Test
  void refusesAServerThatNobodyVouchesFor() throws GeneralSecurityException {
    Network network = upstream.network();
    Network strangers =
        new Network(
            SSLContext.getDefault(),
            network.proxies(),
            network.connect(),
            network.answer(),
            network.stall(),
            network.pause());

    assertThatThrownBy(() -> fetch(BundleProgress.NONE, strangers))
        .isInstanceOf(BundleException.Unreachable.class)
        .hasMessageContaining("SSLHandshakeException");
  }

  private String largestBlob(String repository) {
    String manifest =
        new String(
            upstream.content(upstream.path(repository + "manifests/sha256:")),
            StandardCharsets.UTF_8);
    String digest = manifest.substring(manifest.lastIndexOf("sha256:"));
    return repository + "blobs/" + digest.substring(0, digest.indexOf('"'));
  }

  private static String text(Map<String, byte[]> entries, String name) {
    return new String(entries.getOrDefault(name, new byte[0]), StandardCharsets.UTF_8);
  }

  static Map<String, byte[]> entries(Path archive) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    try (InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        TarArchiveInputStream tar = new TarArchiveInputStream(file)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        entries.put(entry.getName(), tar.readAllBytes());
      }
    }
    return entries;
  }
}
