package dev.mainstay.cluster;

import dev.mainstay.model.EtcdBackupSpec;
import java.time.Duration;
import java.util.List;

/**
 * What makes a master back up its etcd by itself. Each does it for itself, the leader too: no two
 * have to talk, and whichever disk survives has a copy.
 */
final class EtcdBackupFiles {
  static final String SCRIPT = "/etc/mainstay/etcd-backup.sh";
  static final String SERVICE = "/etc/systemd/system/mainstay-etcd-backup.service";
  static final String TIMER = "/etc/systemd/system/mainstay-etcd-backup.timer";
  static final String TIMER_UNIT = "mainstay-etcd-backup.timer";

  private EtcdBackupFiles() {}

  /** The three files, or that there are none. */
  static List<HostFile> of(EtcdBackupSpec spec) {
    return spec.every()
        .map(every -> List.of(script(every, spec.keep()), service(), timer(every)))
        .orElse(List.of(HostFile.absent(TIMER), HostFile.absent(SERVICE), HostFile.absent(SCRIPT)));
  }

  private static HostFile script(Duration every, int keep) {
    return new HostFile(
        SCRIPT,
        "755",
        Scripts.onHost("etcd-backup")
            .replace("@EVERY@", String.valueOf(every.toSeconds()))
            .replace("@KEEP@", String.valueOf(keep))
            .replace("@SNAPSHOT@\n", Scripts.shared("node") + Scripts.shared("snapshot")));
  }

  private static HostFile service() {
    return new HostFile(
        SERVICE,
        "644",
        """
        [Unit]
        Description=A verified backup of this master's etcd, by Mainstay
        After=kubelet.service

        [Service]
        Type=oneshot
        ExecStart=/etc/mainstay/etcd-backup.sh --due
        TimeoutStartSec=2h
        Restart=on-failure
        RestartSec=10min
        Nice=10
        IOSchedulingClass=idle
        """);
  }

  private static HostFile timer(Duration every) {
    return new HostFile(
        TIMER,
        "644",
        """
        [Unit]
        Description=Backups of this master's etcd, by Mainstay

        [Timer]
        OnActiveSec=10min
        OnUnitActiveSec=%ds
        RandomizedDelaySec=%ds

        [Install]
        WantedBy=timers.target
        """
            .formatted(every.toSeconds(), every.toSeconds() / 20));
  }
}
