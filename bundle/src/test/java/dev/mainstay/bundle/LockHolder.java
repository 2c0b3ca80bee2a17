package dev.mainstay.bundle;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Another process that holds a cache's lock until its input ends. */
final class LockHolder {
  private LockHolder() {}

  @SuppressWarnings("SystemOut") // read by the test
  public static void main(String[] arguments) throws IOException {
    try (FileChannel channel =
            FileChannel.open(
                Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      System.out.println(lock.isValid() ? "held" : "not held");
      System.in.readAllBytes();
    }
  }
}
