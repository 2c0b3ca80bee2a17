package dev.mainstay.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NetworkTest {
  @Test
  void takesTheProxyThatTheEnvironmentNames() {
    ProxySelector proxies =
        Network.proxies(
            Map.of("HTTPS_PROXY", "http://proxy.example:3128", "NO_PROXY", ".inner.example,x"));

    assertThat(proxies.select(URI.create("https://dl.k8s.io/v1")))
        .containsExactly(
            new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("proxy.example", 3128)));
    assertThat(proxies.select(URI.create("https://mirror.inner.example/")))
        .containsExactly(Proxy.NO_PROXY);
    assertThat(proxies.select(URI.create("https://x/"))).containsExactly(Proxy.NO_PROXY);
  }

  @Test
  void refusesAProxyThatIsNoAddress() {
    assertThatThrownBy(() -> Network.proxies(Map.of("https_proxy", "http://:80")))
        .isInstanceOf(BundleException.class)
        .hasMessageContaining("HTTPS_PROXY: not a proxy's address: http://:80");
  }
}
