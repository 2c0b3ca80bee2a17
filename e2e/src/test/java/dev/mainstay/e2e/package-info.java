/** The program against real hosts: black boxes that are run, killed and looked at from outside. */
@NullMarked
package dev.mainstay.e2e;

import org.jspecify.annotations.NullMarked;
