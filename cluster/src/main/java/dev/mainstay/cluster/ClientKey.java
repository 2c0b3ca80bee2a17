package dev.mainstay.cluster;

import dev.mainstay.ssh.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** A person's key pair, made here and never sent anywhere: what leaves is the request. */
final class ClientKey {
  private static final int PEM_LINE = 64;

  private final KeyPair pair;

  private ClientKey(KeyPair pair) {
    this.pair = pair;
  }

  /** A fresh key on P-256. */
  static ClientKey generate(SecureRandom random) {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return new ClientKey(generator.generateKeyPair());
    } catch (GeneralSecurityException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** The PKCS#10 request for {@code person}, in PEM. */
  String request(Person person) {
    X500NameBuilder subject = new X500NameBuilder(BCStyle.INSTANCE);
    person.groups().forEach(group -> subject.addRDN(BCStyle.O, group));
    subject.addRDN(BCStyle.CN, person.user());
    try {
      return pem(
          "CERTIFICATE REQUEST",
          new JcaPKCS10CertificationRequestBuilder(subject.build(), pair.getPublic())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()))
              .getEncoded());
    } catch (OperatorCreationException impossible) {
      throw new IllegalStateException(impossible);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** The private key, PKCS#8 in PEM. */
  Secret secret() {
    return Secret.of(pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
  }

  /** Whether {@code certificate}, in PEM, is of this key. */
  boolean isOf(byte[] certificate) {
    try {
      return CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(certificate))
          .getPublicKey()
          .equals(pair.getPublic());
    } catch (CertificateException torn) {
      return false;
    }
  }

  private static String pem(String kind, byte[] der) {
    String body =
        Base64.getMimeEncoder(PEM_LINE, "\n".getBytes(StandardCharsets.US_ASCII))
            .encodeToString(der);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(kind, body);
  }
}
