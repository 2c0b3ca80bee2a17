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

/** Artifacts one after the other, each behind a header line, as {@code receive.sh} reads them. */
final class ArtifactStream implements Stdin {
  private static final int BUFFER = 256 * 1024;
  private static final long MEGABYTE = 1_000_000;

  private final Bundle bundle;
  private final List<Artifact> artifacts;
  private final Progress progress;

  ArtifactStream(Bundle bundle, List<Artifact> artifacts, Progress progress) {
    this.bundle = bundle;
    this.artifacts = List.copyOf(artifacts);
    this.progress = progress;
  }

  @Override
  public void writeTo(OutputStream out) throws IOException {
    long total = artifacts.stream().mapToLong(Artifact::size).sum();
    long sent = 0;
    long told = 0;
    byte[] buffer = new byte[BUFFER];
    for (Artifact artifact : artifacts) {
      out.write(header(artifact));
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

  private static byte[] header(Artifact artifact) {
    String name =
        switch (artifact.kind()) {
          case IMAGE -> artifact.reference();
          case BINARY, PACKAGE -> artifact.name();
        };
    return "%s %d %s %s %s\n"
        .formatted(
            artifact.sha256(),
            artifact.size(),
            artifact.kind().name().toLowerCase(Locale.ROOT),
            name,
            artifact.destination().isEmpty() ? "-" : artifact.destination())
        .getBytes(StandardCharsets.US_ASCII);
  }
}
