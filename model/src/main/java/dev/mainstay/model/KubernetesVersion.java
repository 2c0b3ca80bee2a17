package dev.mainstay.model;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A released Kubernetes version, {@code 1.36.3}; {@link #tag()} has the leading {@code v}. */
public record KubernetesVersion(int major, int minor, int patch)
    implements Comparable<KubernetesVersion> {
  /** The minors that Mainstay makes clusters of. */
  public static final List<Integer> SUPPORTED_MINORS = List.of(34, 35, 36, 37);

  /** The version that {@code init} proposes. */
  public static final KubernetesVersion DEFAULT = new KubernetesVersion(1, 36, 3);

  private static final Pattern FORM = Pattern.compile("v?(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

  /** The version that {@code text} spells, with or without a leading {@code v}. */
  public static Optional<KubernetesVersion> parse(String text) {
    Matcher matcher = FORM.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new KubernetesVersion(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3))))
        : Optional.empty();
  }

  public boolean isSupported() {
    return major == 1 && SUPPORTED_MINORS.contains(minor);
  }

  /** {@code v1.36.3}. */
  public String tag() {
    return "v" + this;
  }

  @Override
  public int compareTo(KubernetesVersion other) {
    return Comparator.comparingInt(KubernetesVersion::major)
        .thenComparingInt(KubernetesVersion::minor)
        .thenComparingInt(KubernetesVersion::patch)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
