/**
 * Plans of steps and the walk over them: journal, progress, retry. It knows hosts by name only and
 * nothing of Kubernetes.
 */
@NullMarked
package dev.mainstay.engine;

import org.jspecify.annotations.NullMarked;
