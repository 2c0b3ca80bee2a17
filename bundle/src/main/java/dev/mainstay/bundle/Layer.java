package dev.mainstay.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * Mutable: the files of one layer of an image. The same files always give the same bytes: entries
 * are sorted, owned by root, and from 1970.
 *
 * <p>The layer is not compressed. A cluster's hosts may share two cores; gunzip of 700 MB on each
 * of five hosts costs more there than sending the bytes does.
 */
final class Layer {
  private static final int DIRECTORY_MODE = 0755;

  private sealed interface Entry {
    record Directory(int mode) implements Entry {}

    record File(Path content, int mode) implements Entry {}

    record Link(String target) implements Entry {}
  }

  private final Map<String, Entry> entries = new TreeMap<>();

  /**
   * @param path in the image, without a leading slash
   * @param content read when the layer is written
   */
  Layer file(String path, Path content, int mode) {
    put(path, new Entry.File(content, mode));
    return this;
  }

  /** A symbolic link at {@code path} to {@code target}, as it is to be written. */
  Layer link(String path, String target) {
    put(path, new Entry.Link(target));
    return this;
  }

  Layer directory(String path, int mode) {
    put(path, new Entry.Directory(mode));
    return this;
  }

  private void put(String path, Entry entry) {
    int slash = path.lastIndexOf('/');
    if (slash > 0 && !entries.containsKey(path.substring(0, slash))) {
      put(path.substring(0, slash), new Entry.Directory(DIRECTORY_MODE));
    }
    entries.put(path, entry);
  }

  /** Writes the layer as a tar archive. */
  void write(OutputStream out) throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
      for (Map.Entry<String, Entry> named : entries.entrySet()) {
        String path = named.getKey();
        switch (named.getValue()) {
          case Entry.Directory directory -> {
            TarArchiveEntry entry = entry(path + "/", TarConstants.LF_DIR, directory.mode());
            tar.putArchiveEntry(entry);
          }
          case Entry.Link link -> {
            TarArchiveEntry entry = entry(path, TarConstants.LF_SYMLINK, 0777);
            entry.setLinkName(link.target());
            tar.putArchiveEntry(entry);
          }
          case Entry.File file -> {
            TarArchiveEntry entry = entry(path, TarConstants.LF_NORMAL, file.mode());
            entry.setSize(Files.size(file.content()));
            tar.putArchiveEntry(entry);
            try (InputStream in = Files.newInputStream(file.content())) {
              in.transferTo(tar);
            }
          }
        }
        tar.closeArchiveEntry();
      }
    }
  }

  static TarArchiveEntry entry(String path, byte type, int mode) {
    TarArchiveEntry entry = new TarArchiveEntry(path, type);
    entry.setMode(mode);
    entry.setModTime(0L);
    entry.setIds(0, 0);
    entry.setNames("", "");
    return entry;
  }
}
