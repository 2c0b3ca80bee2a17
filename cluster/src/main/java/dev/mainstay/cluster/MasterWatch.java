package dev.mainstay.cluster;

import java.util.List;
import java.util.Locale;

/**
 * What a master's local proxy cannot see by itself, a small program beside it tells it: one for
 * each thing watched. Why: docs/decisions/0012-relay.md.
 */
enum MasterWatch {
  /** Whether its apiserver makes progress. */
  APISERVER("Whether this master's apiserver makes progress", false),
  /** Whether its member of etcd has a leader. */
  ETCD("Whether this master's etcd has a leader", true);

  private final String description;
  private final boolean asksByNetwork;

  MasterWatch(String description, boolean asksByNetwork) {
    this.description = description;
    this.asksByNetwork = asksByNetwork;
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  String script() {
    return "/etc/mainstay/watch-" + word() + ".sh";
  }

  /** As systemd calls it, without its kind. */
  String unit() {
    return "mainstay-" + word() + "-watch";
  }

  String service() {
    return "/etc/systemd/system/" + unit() + ".service";
  }

  /** The program and its unit. */
  List<HostFile> files() {
    String program =
        Scripts.onHost("watch-" + word()).replace("@WATCH@\n", Scripts.shared("watch"));
    return List.of(new HostFile(script(), "755", program), new HostFile(service(), "644", text()));
  }

  private String text() {
    return """
    [Unit]
    Description=DESCRIPTION, for Mainstay's local proxy
    StartLimitIntervalSec=0

    [Service]
    ExecStart=SCRIPT
    # what it said last would be held for true for ever
    ExecStopPost=SCRIPT ready
    TimeoutStopSec=3s
    Restart=always
    RestartSec=1s
    Nice=-5
    # the proxy's admin socket is its own user's
    CapabilityBoundingSet=CAP_DAC_OVERRIDE
    NoNewPrivileges=yes
    ProtectSystem=strict
    ProtectHome=yes
    PrivateTmp=yes
    PrivateDevices=yes
    PrivateNetwork=ALONE
    ProtectKernelTunables=yes
    ProtectKernelModules=yes
    ProtectControlGroups=yes
    RestrictAddressFamilies=FAMILIES
    RestrictNamespaces=yes
    RestrictRealtime=yes
    RestrictSUIDSGID=yes
    LockPersonality=yes
    MemoryDenyWriteExecute=yes
    SystemCallFilter=@system-service
    SystemCallErrorNumber=EPERM

    [Install]
    WantedBy=multi-user.target
    """
        .replace("DESCRIPTION", description)
        .replace("SCRIPT", script())
        .replace("ALONE", asksByNetwork ? "no" : "yes")
        .replace("FAMILIES", asksByNetwork ? "AF_UNIX AF_INET" : "AF_UNIX");
  }
}
