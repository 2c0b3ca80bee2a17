package dev.mainstay.cluster;

import dev.mainstay.model.Failure;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;

/** The JDK's TLS with a kubeconfig's credentials: it trusts the cluster's authority alone. */
final class ClientTls {
  private static final char[] IN_MEMORY = {};

  private final KeyManagerFactory keys;
  private final TrustManagerFactory trust;

  private ClientTls(KeyManagerFactory keys, TrustManagerFactory trust) {
    this.keys = keys;
    this.trust = trust;
  }

  /**
   * Reads {@code credentials}.
   *
   * @throws Failure.Failed if a part of them cannot be read
   */
  static ClientTls of(Credentials credentials) {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      int number = 0;
      for (Certificate authority : certificates(credentials.authority())) {
        trusted.setCertificateEntry("authority-" + number++, authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, null);
      own.setKeyEntry(
          "client",
          privateKey(credentials.key().reveal()),
          IN_MEMORY,
          certificates(credentials.certificate()).toArray(Certificate[]::new));
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, IN_MEMORY);
      return new ClientTls(keys, trust);
    } catch (GeneralSecurityException | IOException | IllegalArgumentException torn) {
      throw new Failure.Failed(
          "the credentials that %s gave cannot be used: %s".formatted(credentials.from(), torn),
          "on that master: kubeadm certs check-expiration");
    }
  }

  /** A context with no sessions yet. */
  SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static Collection<? extends Certificate> certificates(String base64)
      throws GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
  }

  /** kubeadm writes keys as PKCS#1 or SEC 1, which the JDK does not read. */
  private static PrivateKey privateKey(byte[] base64) throws GeneralSecurityException, IOException {
    try (PEMParser pem =
        new PEMParser(
            new InputStreamReader(
                new ByteArrayInputStream(Base64.getDecoder().decode(base64)),
                StandardCharsets.US_ASCII))) {
      Object read = pem.readObject();
      PrivateKeyInfo key =
          read instanceof PEMKeyPair pair
              ? pair.getPrivateKeyInfo()
              : read instanceof PrivateKeyInfo plain ? plain : null;
      if (key == null) {
        throw new IOException("there is no private key in it");
      }
      boolean rsa =
          key.getPrivateKeyAlgorithm().getAlgorithm().equals(PKCSObjectIdentifiers.rsaEncryption);
      return KeyFactory.getInstance(rsa ? "RSA" : "EC")
          .generatePrivate(new PKCS8EncodedKeySpec(key.getEncoded()));
    }
  }
}
