package dev.mainstay.bundle;

import java.time.Duration;

/**
 * How long one part of making a bundle took.
 *
 * @param name {@code kubernetes 1.36.3}, {@code image registry.k8s.io/pause:3.10.2}
 * @param time wall-clock time; parts may overlap
 * @param bytes what the part gave
 */
public record PartTime(String name, Duration time, long bytes) {}
