package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.util.Comparator;
import java.util.List;

/**
 * What a bundle holds; {@code manifest.json} in its directory.
 *
 * @param kubernetes the version that it installs
 * @param arch the hosts' architecture in Debian's and Go's word, {@code amd64}
 * @param source how it came to be
 * @param pins the digest of the pinned versions and recipes that it was made from; with another one
 *     it has to be made anew
 * @param artifacts sorted by file
 */
public record Manifest(
    KubernetesVersion kubernetes,
    String arch,
    Source source,
    String pins,
    List<Artifact> artifacts) {
  public Manifest {
    artifacts = artifacts.stream().sorted(Comparator.comparing(Artifact::file)).toList();
  }
}
