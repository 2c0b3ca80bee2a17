package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import dev.mainstay.model.NodeName;
import dev.mainstay.ssh.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a client needs to enter a cluster: whom to trust, and as whom.
 *
 * @param person whom the certificate names; empty for kubeadm's own administrator
 * @param from the master that they were had from
 * @param authority the cluster's authority, PEM in base64 as kubeconfigs have it
 * @param certificate the client certificate, likewise
 * @param key its private key, likewise
 */
public record Credentials(
    Optional<Person> person, NodeName from, String authority, String certificate, Secret key) {
  private static final Pattern CERTIFICATE =
      Pattern.compile("-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----");

  /** The client certificate, read. */
  public Certificate clientCertificate() {
    return Certificate.decode(certificate)
        .orElseThrow(() ->
            new Failure.Failed(
                from + " gave a client certificate that cannot be read",
                "on that master: kubeadm certs check-expiration"));
  }

  /** What tells this cluster from another one of the same name: its digest, begun. */
  String authorityId() {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(plainAuthority().getBytes(StandardCharsets.US_ASCII));
      // with the word: digits alone may be a number to another reader of YAML
      return "sha256:" + HexFormat.of().formatHex(digest, 0, 8);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * The authority's certificate alone, written as kubeadm writes it into admin.conf. A master's
   * ca.crt, which people's kubeconfigs have, may say more: openssl's text before it, or further
   * certificates. The digest is of this text, and not of the certificate's bytes, because it is in
   * people's kubeconfigs like that.
   */
  private String plainAuthority() {
    try {
      String pem = new String(Base64.getDecoder().decode(authority), StandardCharsets.ISO_8859_1);
      Matcher matcher = CERTIFICATE.matcher(pem);
      if (!matcher.find()) {
        return authority;
      }
      byte[] der = Base64.getMimeDecoder().decode(matcher.group(1));
      return base64(ClientKey.pem("CERTIFICATE", der));
    } catch (IllegalArgumentException torn) {
      return authority;
    }
  }

  String keyText() {
    return new String(key.reveal(), StandardCharsets.US_ASCII);
  }

  static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
  }
}
