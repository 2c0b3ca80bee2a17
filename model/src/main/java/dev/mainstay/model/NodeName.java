package dev.mainstay.model;

import java.util.regex.Pattern;

/**
 * The short name of a node, one DNS label of at most 63 characters (RFC 1123): {@code m1}. The full
 * name, which is also the Kubernetes node name, is {@link #in(Domain)}.
 */
public record NodeName(String value) implements Comparable<NodeName> {
  /** kubelet makes its full name the value of label kubernetes.io/hostname, which has no more. */
  static final int MAX_FULL_LENGTH = 63;

  static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

  public NodeName {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a DNS label: " + value);
    }
  }

  /** Whether {@code value} can be a node name. */
  public static boolean isValid(String value) {
    return LABEL.matcher(value).matches();
  }

  /** The full name: {@code m1.demo.internal}. */
  public String in(Domain domain) {
    return value + "." + domain.value();
  }

  @Override
  public int compareTo(NodeName other) {
    return value.compareTo(other.value);
  }

  @Override
  public String toString() {
    return value;
  }
}
