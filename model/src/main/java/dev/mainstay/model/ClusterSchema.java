package dev.mainstay.model;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The JSON Schema of cluster files, so that editors complete and check them. */
public final class ClusterSchema {
  private ClusterSchema() {}

  /** The schema (draft 2020-12) as JSON. */
  public static String text() {
    try (InputStream in = ClusterSchema.class.getResourceAsStream("cluster.schema.json")) {
      if (in == null) {
        throw new IllegalStateException("cluster.schema.json is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }
}
