/**
 * Kubernetes made by kubeadm on plain hosts: what is observed, what follows from it, and how it is
 * done. It talks to hosts through the transport's port and never through its adapter.
 */
@NullMarked
package dev.mainstay.cluster;

import org.jspecify.annotations.NullMarked;
