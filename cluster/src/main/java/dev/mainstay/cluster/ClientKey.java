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
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.x500.X500Name;
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
    // as ready values: in strings a leading '#' or '\\' means something to Bouncy Castle
    X500NameBuilder subject = new X500NameBuilder(BCStyle.INSTANCE);
    person.groups().forEach(group -> subject.addRDN(BCStyle.O, new DERUTF8String(group)));
    subject.addRDN(BCStyle.CN, new DERUTF8String(person.user()));
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

  /**
   * Whether {@code certificate}, in PEM, is of this key and names {@code person}, as the API reads
   * it.
   */
  boolean isCertified(byte[] certificate, Person person) {
    try {
      X509Certificate x509 =
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(certificate));
      X500Name subject = X500Name.getInstance(x509.getSubjectX500Principal().getEncoded());
      return x509.getPublicKey().equals(pair.getPublic())
          && values(subject, BCStyle.CN).equals(List.of(person.user()))
          && Set.copyOf(values(subject, BCStyle.O)).equals(Set.copyOf(person.groups()));
    } catch (CertificateException torn) {
      return false;
    }
  }

  /** The signer writes the groups in another order, and into one part of the name. */
  private static List<String> values(X500Name name, ASN1ObjectIdentifier kind) {
    return Stream.of(name.getRDNs(kind))
        .flatMap(part -> Stream.of(part.getTypesAndValues()))
        .filter(one -> one.getType().equals(kind))
        .map(one -> String.valueOf(one.getValue()))
        .toList();
  }

  /** The text that holds {@code der}, as Go writes it too: lines of 64 letters. */
  static String pem(String kind, byte[] der) {
    String body =
        Base64.getMimeEncoder(PEM_LINE, "\n".getBytes(StandardCharsets.US_ASCII))
            .encodeToString(der);
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(kind, body);
  }
}
