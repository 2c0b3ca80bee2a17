/** Hosts on this very machine, on systemd-nspawn. It knows nothing of Kubernetes. */
@NullMarked
package dev.mainstay.playground;

import org.jspecify.annotations.NullMarked;
