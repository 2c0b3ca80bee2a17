package dev.mainstay.model;

/** The name of a cluster: one DNS label. */
public record ClusterName(String value) {
  public ClusterName {
    if (!NodeName.isValid(value)) {
      throw new IllegalArgumentException("not a DNS label: " + value);
    }
  }

  /** The domain of a cluster whose file names none: {@code demo.internal}. */
  public Domain defaultDomain() {
    return new Domain(value + ".internal");
  }

  @Override
  public String toString() {
    return value;
  }
}
