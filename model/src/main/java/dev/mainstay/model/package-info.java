/**
 * The description of a cluster: what the user's file says, as immutable records, and every problem
 * found in it. It knows nothing of hosts, SSH or Kubernetes' API.
 */
@NullMarked
package dev.mainstay.model;

import org.jspecify.annotations.NullMarked;
