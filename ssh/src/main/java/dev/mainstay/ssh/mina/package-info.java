/** The transport over Apache MINA SSHD; no type of MINA leaves this package. */
@NullMarked
package dev.mainstay.ssh.mina;

import org.jspecify.annotations.NullMarked;
