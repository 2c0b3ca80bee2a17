package dev.mainstay.playground;

/** What a command came to, its output decoded as UTF-8. */
public record Captured(int exit, String stdout, String stderr) {}
