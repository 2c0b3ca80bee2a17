/** The command line: options in, text or JSON out. Everything is wired by hand in {@code Main}. */
@NullMarked
package dev.mainstay.cli;

import org.jspecify.annotations.NullMarked;
