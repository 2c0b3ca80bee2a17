/**
 * The transport port: commands on hosts. The adapter to Apache MINA SSHD lies in
 * dev.mainstay.ssh.mina.
 */
@NullMarked
package dev.mainstay.ssh;

import org.jspecify.annotations.NullMarked;
