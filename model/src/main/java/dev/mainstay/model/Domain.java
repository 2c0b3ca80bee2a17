package dev.mainstay.model;

/**
 * The DNS domain under which a cluster's names live: at least two labels, so short that a node's
 * full name can be the value of a label ({@link NodeName#MAX_FULL_LENGTH}).
 */
public record Domain(String value) {
  private static final int MAX_LENGTH = NodeName.MAX_FULL_LENGTH - 2;

  public Domain {
    if (!isValid(value)) {
      throw new IllegalArgumentException("not a domain of two or more DNS labels: " + value);
    }
  }

  /** Whether {@code value} can be a cluster's domain. */
  public static boolean isValid(String value) {
    String[] labels = value.split("\\.", -1);
    if (labels.length < 2 || value.length() > MAX_LENGTH) {
      return false;
    }
    for (String label : labels) {
      if (!NodeName.LABEL.matcher(label).matches()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether it is, or lies in, the domain that Kubernetes' own DNS answers for: pods would not find
   * the cluster's names.
   */
  static boolean isOfServices(String value) {
    return value.equals("cluster.local") || value.endsWith(".cluster.local");
  }

  /** The name of the cluster's one endpoint, which is 127.0.0.1 on every node. */
  public String endpointName() {
    return "api." + value;
  }

  @Override
  public String toString() {
    return value;
  }
}
