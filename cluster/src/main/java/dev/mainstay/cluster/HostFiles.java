package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The files that Mainstay keeps on a host, as they should be; /etc/hosts is not among them, of
 * which only a part is ours. Nothing in them is bound to an address.
 */
final class HostFiles {
  private static final String HEAL_HOSTS = "/etc/mainstay/heal-hosts.sh";
  // the last name of its folder wins
  private static final String CLOUD_INIT = "/etc/cloud/cloud.cfg.d/99-zz-mainstay-hosts.cfg";

  /** Every path that a node of any role may have, so that an observation can ask for all. */
  static final List<String> PATHS =
      List.of(
          NodeIdentity.PATH,
          ProxyConfig.PATH,
          ProxyConfig.AUTHORITY,
          KubeadmConfig.PATCHES + "/etcd0+strategic.yaml",
          KubeadmConfig.PATCHES + "/kube-apiserver0+strategic.yaml",
          "/etc/mainstay/containerd.toml",
          "/etc/crictl.yaml",
          HEAL_HOSTS,
          CLOUD_INIT,
          "/etc/modules-load.d/mainstay.conf",
          "/etc/sysctl.d/90-mainstay.conf",
          "/etc/systemd/system/containerd.service",
          "/etc/systemd/system/kubelet.service",
          "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
          "/etc/systemd/system/mainstay-hosts.service",
          MasterWatch.APISERVER.script(),
          MasterWatch.APISERVER.service(),
          MasterWatch.ETCD.script(),
          MasterWatch.ETCD.service(),
          EtcdBackupFiles.SCRIPT,
          EtcdBackupFiles.SERVICE,
          EtcdBackupFiles.TIMER,
          "/etc/systemd/system/mainstay-proxy.service");

  private HostFiles() {}

  /**
   * All files of {@code node}, sorted by path.
   *
   * @param pauseImage the bundle's; where it is not known, containerd's configuration is left out
   */
  static List<HostFile> of(
      ClusterSpec spec,
      NodeSpec node,
      HostFacts facts,
      String clusterId,
      Optional<String> pauseImage,
      ProxyConfig.Mode mode) {
    List<HostFile> files = new ArrayList<>();
    files.add(
        new NodeIdentity(
                clusterId,
                spec.name().value(),
                node.name().value(),
                node.role().word(),
                facts.machineId())
            .file());
    files.add(ProxyConfig.render(spec, node, mode, ProxyTimeouts.of(facts.roundTrips())));
    if (node.isMaster()) {
      files.addAll(KubeadmConfig.patches(spec, node));
      files.addAll(EtcdBackupFiles.of(spec.etcdBackup()));
      for (MasterWatch watch : MasterWatch.values()) {
        files.addAll(watch.files());
      }
    }
    pauseImage.ifPresent(image -> files.add(containerd(facts, image)));
    files.addAll(RegistryMirrors.of(spec, facts.files().keySet()));
    files.add(
        new HostFile(
            "/etc/crictl.yaml",
            "644",
            """
            runtime-endpoint: unix:///run/containerd/containerd.sock
            image-endpoint: unix:///run/containerd/containerd.sock
            timeout: 10
            """));
    files.add(
        new HostFile(
            "/etc/modules-load.d/mainstay.conf", "644", "overlay\nbr_netfilter\nnf_conntrack\n"));
    files.add(sysctls());
    files.add(containerdUnit());
    files.add(kubeletUnit());
    files.add(kubeletDropIn());
    files.add(proxyUnit());
    files.add(new HostFile(HEAL_HOSTS, "755", Scripts.onHost("heal-hosts")));
    files.add(hostsUnit());
    if (facts.bindings().cloudInit()) {
      files.add(
          new HostFile(
              CLOUD_INIT,
              "644",
              """
              # Written by Mainstay: cloud-init would write /etc/hosts anew at each boot.
              manage_etc_hosts: false
              """));
    }
    files.sort((a, b) -> a.path().compareTo(b.path()));
    return List.copyOf(files);
  }

  private static HostFile containerd(HostFacts facts, String pauseImage) {
    return new HostFile(
        "/etc/mainstay/containerd.toml",
        "644",
        """
        # Written by Mainstay; changes are undone by the next apply.
        version = 3
        root = "/var/lib/containerd"
        state = "/run/containerd"

        [plugins.'io.containerd.cri.v1.images']
          snapshotter = "overlayfs"
          [plugins.'io.containerd.cri.v1.images'.pinned_images]
            sandbox = "PAUSE"
          [plugins.'io.containerd.cri.v1.images'.registry]
            config_path = "MIRRORS"

        [plugins.'io.containerd.cri.v1.runtime']
          # without CAP_SYS_RESOURCE an oom_score_adj cannot be lowered, and every sandbox would die
          restrict_oom_score_adj = RESTRICT
          [plugins.'io.containerd.cri.v1.runtime'.cni]
            bin_dirs = ["/opt/cni/bin"]
            conf_dir = "/etc/cni/net.d"
          [plugins.'io.containerd.cri.v1.runtime'.containerd]
            default_runtime_name = "runc"
            [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
                SystemdCgroup = true
        """
            .replace("PAUSE", pauseImage)
            .replace("MIRRORS", RegistryMirrors.FOLDER)
            .replace("RESTRICT", String.valueOf(!facts.capSysResource())));
  }

  private static HostFile sysctls() {
    Map<String, String> values = new TreeMap<>();
    values.put("net.ipv4.ip_forward", "1");
    values.put("net.bridge.bridge-nf-call-iptables", "1");
    values.put("net.bridge.bridge-nf-call-ip6tables", "1");
    StringBuilder text = new StringBuilder();
    values.forEach((key, value) -> text.append(key).append(" = ").append(value).append('\n'));
    return new HostFile("/etc/sysctl.d/90-mainstay.conf", "644", text.toString());
  }

  private static HostFile containerdUnit() {
    // in /etc, so that it goes before a distribution's unit of the same name
    return new HostFile(
        "/etc/systemd/system/containerd.service",
        "644",
        """
        [Unit]
        Description=containerd of Mainstay
        After=network.target local-fs.target dbus.service

        [Service]
        Type=notify
        ExecStartPre=-/sbin/modprobe overlay
        ExecStart=/usr/local/bin/containerd --config /etc/mainstay/containerd.toml
        Delegate=yes
        KillMode=process
        Restart=always
        RestartSec=2
        LimitNPROC=infinity
        LimitCORE=infinity
        TasksMax=infinity
        OOMScoreAdjust=-999

        [Install]
        WantedBy=multi-user.target
        """);
  }

  private static HostFile kubeletUnit() {
    return new HostFile(
        "/etc/systemd/system/kubelet.service",
        "644",
        """
        [Unit]
        Description=kubelet: the Kubernetes node agent
        Documentation=https://kubernetes.io/docs/
        Wants=network-online.target
        After=network-online.target containerd.service mainstay-hosts.service mainstay-proxy.service

        [Service]
        ExecStart=/usr/local/bin/kubelet
        Restart=always
        StartLimitInterval=0
        RestartSec=2

        [Install]
        WantedBy=multi-user.target
        """);
  }

  private static HostFile kubeletDropIn() {
    // as kubeadm's own packages have it
    return new HostFile(
        "/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
        "644",
        """
        [Service]
        Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
        Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
        EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
        EnvironmentFile=-/etc/default/kubelet
        ExecStart=
        ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
        """);
  }

  private static HostFile hostsUnit() {
    return new HostFile(
        "/etc/systemd/system/mainstay-hosts.service",
        "644",
        """
        [Unit]
        Description=Mainstay's block in /etc/hosts, written again where it was lost or torn
        After=local-fs.target cloud-init.service
        Before=mainstay-proxy.service kubelet.service

        [Service]
        Type=oneshot
        ExecStart=/etc/mainstay/heal-hosts.sh

        [Install]
        WantedBy=multi-user.target
        """);
  }

  private static HostFile proxyUnit() {
    return new HostFile(
        "/etc/systemd/system/mainstay-proxy.service",
        "644",
        """
        [Unit]
        Description=Mainstay's local proxy: the cluster's endpoint on this node
        Documentation=man:haproxy(1)
        After=network.target
        Before=kubelet.service

        # however often it ended, it is tried again: without it the node has no API
        StartLimitIntervalSec=0

        [Service]
        Type=notify
        DynamicUser=yes
        RuntimeDirectory=mainstay-proxy
        ExecStartPre=/usr/sbin/haproxy -c -q -f /etc/mainstay/haproxy.cfg
        ExecStart=/usr/sbin/haproxy -Ws -f /etc/mainstay/haproxy.cfg -p /run/mainstay-proxy/haproxy.pid
        ExecReload=/usr/sbin/haproxy -c -q -f /etc/mainstay/haproxy.cfg
        ExecReload=/bin/kill -USR2 $MAINPID
        # where its first process ends, the second would go on with its sessions and hold the restart up
        KillMode=control-group
        KillSignal=SIGKILL
        SuccessExitStatus=SIGKILL
        # systemd is not told of the last process's end in containers on cgroup v1, and would wait 90 s
        TimeoutStopSec=100ms
        Restart=always
        # a master's proxy that is away for longer than others' three checks looks like a dead master
        RestartSec=50ms
        LimitNOFILE=65536
        Nice=-5
        OOMScoreAdjust=-900
        CapabilityBoundingSet=
        NoNewPrivileges=yes
        ProtectSystem=strict
        ProtectHome=yes
        PrivateTmp=yes
        PrivateDevices=yes
        ProtectKernelTunables=yes
        ProtectKernelModules=yes
        ProtectControlGroups=yes
        RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        LockPersonality=yes
        SystemCallFilter=@system-service
        SystemCallErrorNumber=EPERM
        UMask=0077

        [Install]
        WantedBy=multi-user.target
        """);
  }
}
