package dev.mainstay.bundle;

import java.util.Locale;

/** What an artifact is, which decides how a host takes it. */
public enum Kind {
  /** An executable file that is copied to its destination with mode 0755. */
  BINARY,
  /** An OCI image layout as a tar archive, for {@code ctr -n k8s.io images import --local}. */
  IMAGE,
  /** A Debian package of one distribution. */
  PACKAGE;

  /** The word that the manifest uses: {@code binary}, {@code image} or {@code package}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
