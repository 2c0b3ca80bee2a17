package dev.mainstay.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The closed vocabulary of what runs on hosts: the {@code .sh} resources beside this class. */
final class Scripts {
  private static final Map<String, String> LOADED = new ConcurrentHashMap<>();

  private Scripts() {}

  /**
   * The script called {@code name}, after the preludes that all of them share; and after those that
   * all share that deal with etcd's data, or with CoreDNS, where it is one of these.
   */
  static String script(String name) {
    return LOADED.computeIfAbsent(
        name,
        key ->
            read("prelude.sh")
                + shared("node")
                + (key.startsWith("dns-") ? shared("dns") : "")
                + (key.startsWith("etcd-") || key.equals("kubeadm-reset")
                    ? shared("snapshot") + shared("restore")
                    : "")
                + read(key + ".sh"));
  }

  /** What several scripts share, also some that lie on hosts: {@code node}, {@code snapshot}... */
  static String shared(String name) {
    return read("prelude-" + name + ".sh");
  }

  /** The script called {@code name} that lies on hosts and runs there by itself. */
  static String onHost(String name) {
    return read("host/" + name + ".sh");
  }

  private static String read(String file) {
    try (InputStream in = Scripts.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalArgumentException("no such resource: " + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
