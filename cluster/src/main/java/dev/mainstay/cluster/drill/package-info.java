/**
 * What a node's local proxy and the API behind it look like to a client on that node, moment by
 * moment, and what that comes to. It knows nothing of faults, plans or hosts' files.
 */
@org.jspecify.annotations.NullMarked
package dev.mainstay.cluster.drill;
