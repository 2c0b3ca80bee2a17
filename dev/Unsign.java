import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Manifest;

/**
 * Takes the signatures out of jars; dev/learn.sh runs it on copies. The JDK leaves classes of signed
 * jars out of its cache, and a signed manifest, with a digest of each class, is long to read.
 * OpenJDK does not ask for signed security providers.
 */
final class Unsign {
  public static void main(String[] jars) throws IOException {
    for (String jar : jars) {
      unsign(Path.of(jar));
    }
  }

  private static void unsign(Path jar) throws IOException {
    try (FileSystem zip = FileSystems.newFileSystem(jar)) {
      Path folder = zip.getPath("META-INF");
      List<Path> signatures = new ArrayList<>();
      if (Files.isDirectory(folder)) {
        try (DirectoryStream<Path> found =
            Files.newDirectoryStream(folder, "*.{SF,RSA,DSA,EC}")) {
          found.forEach(signatures::add);
        }
      }
      if (signatures.isEmpty()) {
        return;
      }
      for (Path signature : signatures) {
        Files.delete(signature);
      }
      Path file = folder.resolve("MANIFEST.MF");
      Manifest manifest;
      try (InputStream in = Files.newInputStream(file)) {
        manifest = new Manifest(in);
      }
      manifest.getEntries().clear();
      try (OutputStream out = Files.newOutputStream(file)) {
        manifest.write(out);
      }
    }
  }
}
