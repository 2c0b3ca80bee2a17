package dev.mainstay.bundle;

import dev.mainstay.model.KubernetesVersion;
import java.time.Duration;
import java.util.List;

/** Builds or fetches a real bundle into the user's cache, by hand: {@code build 1.36.3}. */
final class MakeBundle {
  private MakeBundle() {}

  @SuppressWarnings("SystemOut") // its purpose
  public static void main(String[] arguments) {
    BundleCache cache = BundleCache.ofUser(System.getenv());
    KubernetesVersion version = KubernetesVersion.parse(arguments[1]).orElseThrow();
    BundleProgress progress =
        new BundleProgress() {
          @Override
          public void part(String part, long done, long total, Duration elapsed) {
            if ((done == 0 && elapsed.isZero()) || done == total) {
              System.out.printf("%6.1f s  %s %d/%d%n", elapsed.toMillis() / 1e3, part, done, total);
            }
          }

          @Override
          public void finished(List<PartTime> parts) {
            parts.forEach(System.out::println);
          }
        };
    Bundle bundle =
        arguments[0].equals("build")
            ? new BundleBuild(cache, System.getenv()).run(version, progress)
            : new BundleFetch(cache, Upstream.OFFICIAL, System.getenv()).run(version, progress);
    System.out.println(bundle.directory() + " " + bundle.digest());
    System.out.println(bundle.verify());
  }
}
