/**
 * All artifacts of one Kubernetes version, and how they are built or fetched and verified. It knows
 * nothing of hosts.
 */
@NullMarked
package dev.mainstay.bundle;

import org.jspecify.annotations.NullMarked;
