package dev.mainstay.cluster;

import dev.mainstay.model.ClusterSpec;
import dev.mainstay.model.NodeSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The local proxy's haproxy.cfg, after the measured design of relays: each master's proxy watches
 * its own apiserver and answers on port 7444 with 200 (ready), 404 (draining, or slow) or 503 (dead
 * or not ready; with the word "down" if nobody should try it even so). The questions that it asks
 * its apiserver, and why, are in docs/decisions/0012-relay.md. The others' proxies ask there and
 * not at the apiserver, so that its load does not grow with the number of nodes. Only nodes may
 * ask. Names and not addresses stand in it: HAProxy resolves them from /etc/hosts when it is
 * loaded, which is whenever a hosts block leads one of them elsewhere.
 */
final class ProxyConfig {
  static final String PATH = "/etc/mainstay/haproxy.cfg";

  /** The cluster's authority where the proxy may read it; scripts lay it there, on the host. */
  static final String AUTHORITY = "/etc/mainstay/ca.crt";

  /** Where a master's proxy says how the master is. */
  static final int HEALTH_PORT = 7444;

  // HAProxy reads 64 words a line, of 2,048 letters in all
  private static final int NAMES_PER_LINE = 20;

  // the last resort asks a master once while the others do so as many times
  private static final int AGENT_INTERVALS = 5;

  /** To whom a node's proxy leads. */
  enum Mode {
    /** The first master while kubeadm makes the cluster: its own apiserver, whatever its state. */
    BOOTSTRAP,
    /** A master while it joins, and a worker always: the masters that are alive. */
    OTHERS,
    /** A provisioned master: its own apiserver or nothing. */
    SELF
  }

  private ProxyConfig() {}

  /**
   * The configuration of {@code node}; in mode {@code OTHERS} never with the node itself.
   *
   * @param timeouts what suits the way to the farthest master; matters in mode {@code OTHERS} only
   */
  static HostFile render(ClusterSpec spec, NodeSpec node, Mode mode, ProxyTimeouts timeouts) {
    String text =
        switch (mode) {
          case BOOTSTRAP -> head(ProxyTimeouts.NEAR) + self();
          case OTHERS -> head(timeouts) + others(spec, node, timeouts);
          case SELF -> head(ProxyTimeouts.NEAR) + self() + relay(spec, node);
        };
    return new HostFile(PATH, "644", text);
  }

  /** The timeouts that {@code config} was rendered with; {@code NEAR} if it is no such file. */
  static ProxyTimeouts timeouts(String config) {
    for (ProxyTimeouts each : ProxyTimeouts.values()) {
      if (each != ProxyTimeouts.NEAR && config.contains("\n" + roundTripClass(each))) {
        return each;
      }
    }
    return ProxyTimeouts.NEAR;
  }

  /** The line from which the next observation knows {@code timeouts}. */
  private static String roundTripClass(ProxyTimeouts timeouts) {
    return timeouts == ProxyTimeouts.NEAR
        ? ""
        : "# round trip class: " + timeouts.limit().toMillis() + " ms\n";
  }

  private static String head(ProxyTimeouts timeouts) {
    return """
    # Written by Mainstay; changes are undone by the next apply.
    CLASSglobal
        nbthread 1
        maxconn 4000
        log stdout format raw local0 notice
        stats socket /run/mainstay-proxy/admin.sock mode 600 level admin
        # after a reload the old process keeps its sessions and checks nothing: bound its life
        hard-stop-after 10m
        spread-checks 10

    defaults
        mode tcp
        log global
        option tcplog
        option dontlog-normal
        option log-health-checks
        timeout connect CONNECT
        timeout check CONNECT
        timeout client 4h
        timeout server 4h
        option redispatch 1
        retries 2
        option srvtcpka
        srvtcpka-idle 1s
        srvtcpka-intvl 1s
        srvtcpka-cnt 2
        default-server init-addr last,libc,none

    frontend apiserver
        bind 127.0.0.1:7443
        default_backend masters

    # for Prometheus on this node: http://127.0.0.1:7445/metrics
    frontend metrics
        mode http
        bind 127.0.0.1:7445
        maxconn 100
        timeout client 10s
        timeout http-request 2s
        http-request use-service prometheus-exporter if { path /metrics }
        http-request return status 404

    """
        .replace("CLASS", roundTripClass(timeouts))
        .replace("CONNECT", millis(timeouts.connect()));
  }

  private static String self() {
    return """
    backend masters
        # a master speaks to itself or to nobody
        server self 127.0.0.1:6443
    """;
  }

  private static String relay(ClusterSpec spec, NodeSpec node) {
    String check = "ca-file " + AUTHORITY + " verify required verifyhost kubernetes no-ssl-reuse";
    return """

    # the way of the patient questions to the own apiserver: a connection each, 503 where there is none, 504 for a late answer
    listen patient
        mode http
        bind unix@/run/mainstay-proxy/patient.sock mode 600
        timeout connect 6s
        timeout client 15s
        timeout server 6s
        retries 0
        http-reuse never
        server self 127.0.0.1:6443 ssl CHECK sni str(kubernetes)

    # does it answer at once? By the handshake: it waits in no queue
    backend prompt
        timeout check 250ms
        option tcp-check
        tcp-check connect ssl sni kubernetes
        server self 127.0.0.1:6443 check CHECK inter 200ms fastinter 50ms downinter 500ms fall 2 rise 2

    # does its process use the processor? mainstay-apiserver-watch says so here: what is slow does, what is frozen does not
    backend progress
        server self 127.0.0.1:6443

    # does it answer at all? etcd is no part of this question
    backend alive
        timeout check 5s
        option httpchk
        http-check send meth GET uri /livez?exclude=etcd ver HTTP/1.1 hdr host kubernetes
        http-check expect status 200-499
        server self unix@/run/mainstay-proxy/patient.sock check inter 500ms fastinter 100ms downinter 500ms fall 2 rise 2

    # does it serve? Who answers late gets no new connections, and keeps those that it has
    backend ready
        timeout check 13s
        option httpchk
        http-check send meth GET uri /readyz ver HTTP/1.1 hdr host kubernetes
        # a graceful stop drains; any other failure takes the master out. 401: it serves, and tells strangers no more. 403 says so,
        # too, but also whoever has just begun and does not know yet who may do what: everybody is refused then
        http-check expect error-status L7OKC ! string "[-]shutdown"
        http-check expect error-status L7OKC ! status 504
        http-check expect error-status L7OKC ! status 403
        http-check expect status 200,401
        server self unix@/run/mainstay-proxy/patient.sock check inter 500ms fastinter 1s downinter 500ms fall 2 rise 2

    # does /readyz call its etcd failed? It takes it up to 4 s to say so
    backend etcd
        timeout check 13s
        option httpchk
        http-check send meth GET uri /readyz ver HTTP/1.1 hdr host kubernetes
        http-check expect ! string "[-]etcd"
        server self unix@/run/mainstay-proxy/patient.sock check inter 1s downinter 500ms fall 1 rise 1

    # has its etcd a leader? Without one requests would hang. mainstay-etcd-watch says so here, by the member's own word
    backend leader
        server self 127.0.0.1:2381

    # do the other masters' hosts answer at all? Where too few do, mainstay-etcd-watch does not wait for the end of an election
    backend others
        timeout connect 500ms
        timeout check 500ms
        option httpchk
        http-check send meth GET uri / ver HTTP/1.0
        http-check expect status 200-599
        default-server check port PORT inter 500ms fall 1 rise 1
    OTHERS
    frontend health
        mode http
        option httplog
        maxconn 2000
        timeout client 2s
        timeout http-request 1s
        bind :PORT
        acl node src 127.0.0.1
    NODES    tcp-request connection reject unless node
        acl late nbsrv(prompt) eq 0
        acl still nbsrv(progress) eq 0
        acl dead nbsrv(alive) eq 0
        acl leaderless nbsrv(leader) eq 0
        acl etcdless nbsrv(etcd) eq 0
        http-request return status 503 if dead
        http-request return status 503 if late still
        http-request return status 503 if leaderless
        http-request return status 503 if etcdless !{ srv_is_up(ready/self) }
        http-request return status 404 if late
        http-request return status 200 if { nbsrv(ready) ge 1 }
        http-request return status 404 if { srv_is_up(ready/self) }
        http-request return status 503
        # the word for others' last resorts, which take it as an agent's
        http-after-response set-status 200 reason up if { status 200 }
        http-after-response set-status 404 reason up if { status 404 }
        http-after-response set-status 503 reason up if { status 503 }
        http-after-response set-status 503 reason down if { status 503 } dead
        http-after-response set-status 503 reason down if { status 503 } late still
        http-after-response set-status 503 reason down if { status 503 } leaderless
        http-after-response set-status 503 reason down if { status 503 } etcdless
    """
        .replace("PORT", String.valueOf(HEALTH_PORT))
        .replace("NODES", nodes(spec))
        .replace("OTHERS", servers(spec, otherMasters(spec, node)))
        .replace("CHECK", check);
  }

  private static String servers(ClusterSpec spec, List<NodeSpec> masters) {
    return masters.stream()
        .map(master ->
            "    server %s ipv4@%s:6443\n".formatted(master.name(), spec.fullName(master)))
        .collect(Collectors.joining());
  }

  private static List<NodeSpec> otherMasters(ClusterSpec spec, NodeSpec node) {
    return spec.masters().stream().filter(each -> !each.name().equals(node.name())).toList();
  }

  private static String nodes(ClusterSpec spec) {
    List<String> names = spec.nodes().stream().map(spec::fullName).toList();
    StringBuilder lines = new StringBuilder();
    for (int from = 0; from < names.size(); from += NAMES_PER_LINE) {
      lines
          .append("    acl node src ")
          .append(
              String.join(" ", names.subList(from, Math.min(from + NAMES_PER_LINE, names.size()))))
          .append('\n');
    }
    return lines.toString();
  }

  /**
   * How often a proxy asks a master, in milliseconds. A question costs the master's proxy 0.045 ms
   * of a processor (bench/failover), so that all nodes together may ask 1,000 times a second: 5 %
   * of one; the last resort asks, too. In hundreds, so that not every new node changes the
   * configuration of all.
   */
  private static long interval(ClusterSpec spec, ProxyTimeouts timeouts) {
    long questions = spec.nodes().size() * (AGENT_INTERVALS + 1L);
    return Math.max(
        timeouts.interval().toMillis(), Math.ceilDiv(questions, AGENT_INTERVALS * 100) * 100L);
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + "ms";
  }

  private static String others(ClusterSpec spec, NodeSpec node, ProxyTimeouts timeouts) {
    List<NodeSpec> masters = new ArrayList<>(otherMasters(spec, node));
    // all proxies would send their first connections to the same master otherwise
    Collections.rotate(masters, Math.floorMod(node.name().value().hashCode(), masters.size()));
    StringBuilder backend =
        new StringBuilder(
            """
            backend masters
                balance leastconn
                option httpchk
                http-check connect port PORT
                http-check send meth GET uri / ver HTTP/1.0
                http-check disable-on-404
                http-check expect status 200
                default-server check inter INTERVAL fastinter 50ms downinter 1s fall 3 rise 3 on-marked-down shutdown-sessions
            """
                .replace("PORT", String.valueOf(HEALTH_PORT))
                .replace("INTERVAL", interval(spec, timeouts) + "ms"));
    for (NodeSpec master : masters) {
      // tcp-ut is ignored in default-server, and of a name whose family is not said (HAProxy 2.6)
      backend.append(
          "    server %s ipv4@%s:6443 tcp-ut %s\n"
              .formatted(master.name(), spec.fullName(master), millis(timeouts.unacknowledged())));
    }
    backend.append(
        """
            # last resort: while no master is known to be usable, all are tried but those that say themselves that they are down
            option allbackups
            default-server agent-port PORT agent-inter INTERVAL agent-send "GET / HTTP/1.0\\r\\n\\r\\n"
        """
            .replace("PORT", String.valueOf(HEALTH_PORT))
            .replace("INTERVAL", AGENT_INTERVALS * interval(spec, timeouts) + "ms"));
    for (NodeSpec master : masters) {
      backend.append(
          "    server last-%s ipv4@%s:6443 no-check agent-check backup tcp-ut %s\n"
              .formatted(master.name(), spec.fullName(master), millis(timeouts.unacknowledged())));
    }
    return backend.toString();
  }
}
