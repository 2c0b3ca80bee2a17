/**
 * One endpoint on this machine over several masters: who is asked, who is watched, and what happens
 * to connections when a master dies. It knows TLS and the way to a master's port, and nothing of
 * how a cluster is made, of kubeconfigs or of the transport's adapter.
 */
@NullMarked
package dev.mainstay.cluster.endpoint;

import org.jspecify.annotations.NullMarked;
