package dev.mainstay.cli;

import dev.mainstay.cluster.ExportKubeconfig;
import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.Failure;
import dev.mainstay.ssh.Hosts;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.common.FlowStyle;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "kubeconfig",
    description = "Print the administrator's kubeconfig, or write it to a file of mode 0600.")
final class KubeconfigCommand implements Callable<Integer> {
  private static final String MARK = "# Written by mainstay kubeconfig\n";

  @Mixin GlobalOptions options = new GlobalOptions();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Write to this file; one that Mainstay did not write is left alone.")
  @Nullable Path target;

  private final Session session;

  KubeconfigCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() throws Exception {
    ClusterSpec spec = options.spec(session);
    Path file = target;
    if (file != null) {
      refuseForeign(file);
      refuseNowhere(file);
    }
    try (Hosts hosts = options.hosts(session, spec)) {
      var document = new ExportKubeconfig(hosts).export(spec).document();
      String yaml =
          MARK
              + new Dump(DumpSettings.builder().setDefaultFlowStyle(FlowStyle.BLOCK).build())
                  .dumpToString(document);
      Terminal terminal = session.terminal();
      if (file == null) {
        terminal.out().print(options.json() ? Json.text(document) + "\n" : yaml);
        return ExitCode.DONE;
      }
      write(file, yaml);
      if (options.json()) {
        terminal.out().println(Json.text(Map.of("file", file.toString())));
      } else {
        terminal
            .err()
            .println("wrote " + file + "\n    try: kubectl --kubeconfig " + file + " get nodes");
      }
    }
    return ExitCode.DONE;
  }

  private static void refuseForeign(Path file) {
    if (Files.exists(file) && !isOurs(file)) {
      throw new Failure.Refused(
          file + " was not written by Mainstay and is left as it is",
          "name another file with --out; kubectl takes several by KUBECONFIG=a:b");
    }
  }

  private static boolean isOurs(Path file) {
    byte[] mark = MARK.getBytes(StandardCharsets.UTF_8);
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(mark.length), mark);
    } catch (IOException unreadable) {
      return false;
    }
  }

  private static void refuseNowhere(Path file) {
    Path folder = file.toAbsolutePath().normalize().resolveSibling(".");
    if (!Files.isWritable(folder)) {
      throw new Failure.Failed(
          "cannot write " + file + ": its folder does not exist or is not yours",
          "make the folder, or name another file with --out");
    }
  }

  private static void write(Path file, String text) throws IOException {
    Path folder = file.toAbsolutePath().normalize().resolveSibling(".");
    Path fresh =
        Files.createTempFile(
            folder,
            ".kubeconfig",
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(fresh, text.getBytes(StandardCharsets.UTF_8));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
