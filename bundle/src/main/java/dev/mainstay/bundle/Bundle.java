package dev.mainstay.bundle;

import dev.mainstay.model.Problem;
import dev.mainstay.model.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * All artifacts of one Kubernetes version: a directory with {@code manifest.json} and the files.
 */
public final class Bundle {
  static final String MANIFEST = "manifest.json";

  private final Path directory;
  private final Manifest manifest;
  private final String digest;

  private Bundle(Path directory, Manifest manifest, String digest) {
    this.directory = directory;
    this.manifest = manifest;
    this.digest = digest;
  }

  /**
   * The bundle in {@code directory}. Its files are not read: {@link #verify()} does that.
   *
   * @throws BundleException when there is no readable manifest
   */
  public static Bundle open(Path directory) {
    Path file = directory.resolve(MANIFEST);
    try {
      byte[] bytes = Files.readAllBytes(file);
      return new Bundle(
          directory.toAbsolutePath().normalize(),
          ManifestJson.read(bytes, file.toString()),
          Digests.of(bytes));
    } catch (NoSuchFileException e) {
      throw new BundleException(
          directory.toString(),
          "no bundle is there: it has no " + MANIFEST,
          "make one: mainstay bundle build (from source) or mainstay bundle fetch (downloads)",
          e);
    } catch (IOException e) {
      throw new BundleException(file.toString(), "cannot be read: " + e, "", e);
    }
  }

  public Path directory() {
    return directory;
  }

  public Manifest manifest() {
    return manifest;
  }

  /**
   * A stable id of all that the bundle holds: the sha256 of its manifest, which has each file's.
   */
  public String digest() {
    return digest;
  }

  /** Where {@code artifact} lies on this machine. */
  public Path path(Artifact artifact) {
    return directory.resolve(artifact.file());
  }

  /**
   * What a host needs, sorted by file.
   *
   * @param distribution {@code debian-12}; of a distribution that the bundle has no packages for,
   *     binaries and images alone are returned
   */
  public List<Artifact> artifactsFor(Role role, String distribution) {
    return manifest.artifacts().stream()
        .filter(artifact -> artifact.roles().contains(role))
        .filter(artifact ->
            artifact.distribution().isEmpty() || artifact.distribution().equals(distribution))
        .toList();
  }

  /** Reads each file whole and returns all that is missing or changed; empty when all is well. */
  public List<Problem> verify() {
    List<Problem> problems = new ArrayList<>();
    for (Artifact artifact : manifest.artifacts()) {
      problem(artifact, problems);
    }
    return List.copyOf(problems);
  }

  private void problem(Artifact artifact, List<Problem> problems) {
    Path file = path(artifact);
    String advice = "remove " + directory + " and make the bundle anew";
    try {
      if (!Files.isRegularFile(file)) {
        problems.add(Problem.error(file.toString(), "missing", advice));
        return;
      }
      long size = Files.size(file);
      if (size != artifact.size()) {
        problems.add(
            Problem.error(
                file.toString(),
                "%d bytes, the manifest says %d".formatted(size, artifact.size()),
                advice));
        return;
      }
      String sha256 = Digests.of(file);
      if (!sha256.equals(artifact.sha256())) {
        problems.add(
            Problem.error(
                file.toString(),
                "its sha256 is %s, the manifest says %s".formatted(sha256, artifact.sha256()),
                advice));
      }
    } catch (IOException e) {
      problems.add(Problem.error(file.toString(), "cannot be read: " + e, advice));
    }
  }
}
