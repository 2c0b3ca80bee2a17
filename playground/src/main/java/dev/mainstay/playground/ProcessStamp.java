package dev.mainstay.playground;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One process for all time: process ids come round again, but not with the same start time in the
 * same boot. Written as {@code PID STARTTIME BOOT}.
 *
 * @param start in the kernel's ticks since boot
 * @param boot the kernel's id of this boot
 */
record ProcessStamp(long pid, String start, String boot) {

  static ProcessStamp ofThisProcess() {
    long pid = ProcessHandle.current().pid();
    return new ProcessStamp(pid, startTime(pid).orElseThrow(), thisBoot());
  }

  /** The stamp that {@code text} spells, or empty where it is none. */
  static Optional<ProcessStamp> parse(String text) {
    String[] parts = text.strip().split(" ", -1);
    return parts.length == 3 && parts[0].matches("\\d{1,10}")
        ? Optional.of(new ProcessStamp(Long.parseLong(parts[0]), parts[1], parts[2]))
        : Optional.empty();
  }

  /** Whether the process is there and not just waiting to be reaped. */
  boolean isAlive() {
    return boot.equals(thisBoot()) && startTime(pid).filter(start::equals).isPresent();
  }

  private static String thisBoot() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> startTime(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // proc(5): the state is field 3, the start time field 22; field 2 may hold anything
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[0].equals("Z") ? Optional.empty() : Optional.of(fields[22 - 3]);
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return pid + " " + start + " " + boot;
  }
}
