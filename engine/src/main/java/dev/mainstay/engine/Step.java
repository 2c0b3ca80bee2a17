package dev.mainstay.engine;

import java.util.HashSet;
import java.util.Set;

/**
 * One thing that a plan does, as data.
 *
 * @param id unique in its plan and stable between plans of the same state: {@code masters/join/m2}
 * @param node the short name of the node that it is about; empty for the cluster as a whole
 * @param what what it does, as a phrase that starts with a verb
 * @param after the ids of the steps that must have succeeded before this one starts
 * @param action what to do, in the domain's own terms
 */
public record Step<A>(
    String id,
    String node,
    Reason reason,
    String what,
    Disruption disrupts,
    Set<String> after,
    A action) {
  public Step {
    after = Set.copyOf(after);
  }

  /** What the step is, whichever node it is about: its id without the node's name. */
  public String kind() {
    return kind(id, node);
  }

  static String kind(String id, String node) {
    String kind = node.isEmpty() ? id : (id + "/").replace("/" + node + "/", "/");
    return kind.endsWith("/") ? kind.substring(0, kind.length() - 1) : kind;
  }

  /** This step, which of those that it waits for waits for {@code some} only. */
  Step<A> afterOnly(Set<String> some) {
    Set<String> kept = new HashSet<>(after);
    kept.retainAll(some);
    return new Step<>(id, node, reason, what, disrupts, kept, action);
  }

  /** This step, which also waits for {@code others}. */
  public Step<A> alsoAfter(Set<String> others) {
    Set<String> all = new HashSet<>(after);
    all.addAll(others);
    return new Step<>(id, node, reason, what, disrupts, all, action);
  }
}
