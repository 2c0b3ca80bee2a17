package dev.mainstay.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One process of one machine for all time, as a word that may be a file's name: {@code
 * PID.START.NAMESPACE@HOST}. Numbers come round again, and mean another process in another
 * container or on another machine that has the same folder.
 *
 * @param start in the kernel's ticks since boot
 * @param namespace in which the number counts, the kernel's own number for it
 */
public record ProcessMark(long pid, String start, String namespace, String host) {
  private static final Pattern TEXT =
      Pattern.compile("(\\d{1,18})\\.(\\d{1,20})\\.(\\d{1,20})@(.+)");
  private static final Path PROCESSES = Path.of("/proc");
  private static final Path MACHINE_ID = Path.of("/etc/machine-id");

  /** The mark of this process. */
  public static ProcessMark ofThisProcess() {
    long pid = ProcessHandle.current().pid();
    return new ProcessMark(pid, start(pid).orElseThrow(), thisNamespace(), thisHost());
  }

  /** The mark that {@code text} spells, or empty where it is none. */
  public static Optional<ProcessMark> parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    return matcher.matches()
        ? Optional.of(
            new ProcessMark(
                Long.parseLong(matcher.group(1)),
                matcher.group(2),
                matcher.group(3),
                matcher.group(4)))
        : Optional.empty();
  }

  /** Whether it ran where this process runs, and is no more; of others nothing is known. */
  public boolean hasEnded() {
    return host.equals(thisHost())
        && namespace.equals(thisNamespace())
        && start(pid).filter(start::equals).isEmpty();
  }

  /** Its name, and a digest of its machine id: many machines have the same name. */
  private static String thisHost() {
    try {
      String name =
          Files.readString(PROCESSES.resolve("sys/kernel/hostname"))
              .strip()
              .replaceAll("[^A-Za-z0-9._-]", "_");
      return Files.isReadable(MACHINE_ID)
          ? name + "-" + HostFile.sha256(Files.readString(MACHINE_ID)).substring(0, 8)
          : name;
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  private static String thisNamespace() {
    try {
      // pid:[4026531836]
      return Files.readSymbolicLink(PROCESSES.resolve("self/ns/pid"))
          .toString()
          .replaceAll("\\D", "");
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    }
  }

  /** Empty where there is no such process, or one that only waits to be reaped. */
  private static Optional<String> start(long pid) {
    try {
      String stat = Files.readString(PROCESSES.resolve(pid + "/stat"));
      // proc(5): the state is field 3, the start time field 22; field 2 may hold anything
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return fields[0].equals("Z") ? Optional.empty() : Optional.of(fields[22 - 3]);
    } catch (IOException gone) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "%d.%s.%s@%s".formatted(pid, start, namespace, host);
  }
}
