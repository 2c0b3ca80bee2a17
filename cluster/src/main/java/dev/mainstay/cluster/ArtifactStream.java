package dev.mainstay.cluster;

import dev.mainstay.bundle.Artifact;
import dev.mainstay.bundle.Bundle;
import dev.mainstay.engine.Apply.Progress;
import dev.mainstay.ssh.Stdin;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A list of artifacts and then the bytes of those that the host lacks, as receive.sh reads them.
 */
final class ArtifactStream implements Stdin {
  private static final int BUFFER = 256 * 1024;
  private static final long MEGABYTE = 1_000_000;

  private final Bundle bundle;
  private final List<Artifact> artifacts;
  private final Set<String> arrived;
  private final Progress progress;

  /**
   * Sends nothing yet.
   *
   * @param arrived the sha256 of those that lie on the host already
   */
  ArtifactStream(Bundle bundle, List<Artifact> artifacts, Set<String> arrived, Progress progress) {
    this.bundle = bundle;
    this.artifacts = List.copyOf(artifacts);
    this.arrived = Set.copyOf(arrived);
    this.progress = progress;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    List<Artifact> missing =
        artifacts.stream().filter(artifact -> !arrived.contains(artifact.sha256())).toList();
    for (Artifact artifact : artifacts) {
      out.write(header(artifact));
    }
    out.write('\n');
    long total = missing.stream().mapToLong(Artifact::size).sum();
    long sent = 0;
    long told = 0;
    byte[] buffer = new byte[BUFFER];
    for (Artifact artifact : missing) {
      try (InputStream in = Files.newInputStream(bundle.path(artifact))) {
        for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
          out.write(buffer, 0, n);
          sent += n;
          if (sent - told > total / 20) {
            told = sent;
            progress.at("%d of %d MB".formatted(sent / MEGABYTE, total / MEGABYTE));
          }
        }
      }
    }
  }

  private byte[] header(Artifact artifact) {
    String name =
        switch (artifact.kind()) {
          case IMAGE -> artifact.reference();
          case BINARY, PACKAGE -> artifact.name();
        };
    return "%s %s %d %s %s %s\n"
        .formatted(
            arrived.contains(artifact.sha256()) ? "have" : "send",
            artifact.sha256(),
            artifact.size(),
            artifact.kind().name().toLowerCase(Locale.ROOT),
            name,
            artifact.destination().isEmpty() ? "-" : artifact.destination())
        .getBytes(StandardCharsets.US_ASCII);
  }
}
