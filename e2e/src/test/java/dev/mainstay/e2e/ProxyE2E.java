package dev.mainstay.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.mainstay.e2e.Program.Result;
import dev.mainstay.model.NodeName;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What local proxies know of masters. */
@Order(SteadyCluster.ORDER + 3)
@ExtendWith(SteadyCluster.class)
final class ProxyE2E {
  private static final Cluster CLUSTER = SteadyCluster.CLUSTER;

  // what a master's proxy says to the others, in bash
  private static final String SAYS =
      """
      says() { { exec 7<> /dev/tcp/127.0.0.1/7444 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&7 && read -r -t 2 _ status word <&7; } 2> /dev/null; echo "$status ${word%?}"; }
      [ "$(says)" = '200 up' ] || { says; exit 1; }
      """;

  @Test
  void aFrozenApiserverIsDeadAtOnceForItsOwnProxy() {
    // by its answers alone it would be after more than ten seconds
    String took =
        CLUSTER
            .on(
                "m2",
                SAYS
                    + """
                    apiserver=$(pgrep -x kube-apiserver)
                    trap 'kill -CONT $apiserver' EXIT
                    kill -STOP $apiserver
                    began=${EPOCHREALTIME/./}
                    until [ "$(says)" = '503 down' ]; do
                      [ $((${EPOCHREALTIME/./} - began)) -lt 20000000 ] || exit 1
                    done
                    echo $(((${EPOCHREALTIME/./} - began) / 1000))
                    """)
            .strip();
    assertThat(Integer.parseInt(took)).as("ms").isLessThan(6_000);
    CLUSTER.isHealthy(Duration.ofMinutes(1));
  }

  @Test
  void aMasterWithoutAQuorumSaysSoByItsEtcdsOwnWordAndRequestsAreRefused() {
    CLUSTER.on("m1", SAYS);
    try {
      CLUSTER.on("m2", "pkill -STOP -x etcd");
      CLUSTER.on("m3", "pkill -STOP -x etcd");
      String took =
          CLUSTER
              .on(
                  "m1",
                  """
                  leader() { echo 'show stat' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep '^leader,self,' | cut -d, -f18; }
                  began=${EPOCHREALTIME/./}
                  until [ "$(leader)" = MAINT ]; do
                    [ $((${EPOCHREALTIME/./} - began)) -lt 20000000 ] || { leader; exit 1; }
                  done
                  echo $(((${EPOCHREALTIME/./} - began) / 1000))
                  """)
              .strip();
      String refusal =
          CLUSTER
              .on(
                  "w1",
                  """
                  # who is refused is hung up on at once, for others the apiserver waits that they speak
                  end=$(($(date +%s) + 30))
                  while :; do
                    began=${EPOCHREALTIME/./}
                    exec 7<> /dev/tcp/127.0.0.1/7443
                    read -r -t 2 <&7 || [ $? -gt 128 ] || break
                    exec 7>&-
                    [ $(date +%s) -lt $end ] || exit 1
                  done
                  took=$(((${EPOCHREALTIME/./} - began) / 1000))
                  echo $took
                  """)
              .strip();
      System.out.printf(
          "e2e: a master without a quorum says so after %s ms, a request is refused in %s ms%n",
          took, refusal);
      // it takes 4 to 5 s where the machine is not busy
      assertThat(Integer.parseInt(took)).as("ms").isLessThan(12_000);
    } finally {
      CLUSTER.on("m2", "pkill -CONT -x etcd");
      CLUSTER.on("m3", "pkill -CONT -x etcd");
    }
    CLUSTER.isHealthy(Duration.ofMinutes(2));
  }

  @Test
  void aMasterThatIsCutOffFromTheOthersWaitsForNoElection() {
    String drop = " INPUT -s m1." + SteadyCluster.NAME + ".internal -j DROP";
    try {
      CLUSTER.on("m2", "iptables -w -I" + drop);
      CLUSTER.on("m3", "iptables -w -I" + drop);
      String took =
          CLUSTER
              .on(
                  "m1",
                  """
                  member() { { exec 7<> /dev/tcp/127.0.0.1/2381 && printf 'GET /health HTTP/1.0\r\n\r\n' >&7 && read -r -d '' -t 0.2 word <&7; } 2> /dev/null; echo "$word"; }
                  leader() { echo 'show stat' | socat - UNIX-CONNECT:/run/mainstay-proxy/admin.sock | grep '^leader,self,' | cut -d, -f18; }
                  wait_for() { # WORD COMMAND
                    local end=$((SECONDS + 30))
                    until [[ $($2) = *$1* ]]; do
                      [ $SECONDS -lt $end ] || { $2; exit 1; }
                    done
                  }
                  wait_for 'NO LEADER' member
                  began=${EPOCHREALTIME/./}
                  wait_for MAINT leader
                  echo $(((${EPOCHREALTIME/./} - began) / 1000))
                  """)
              .strip();
      System.out.printf("e2e: a master that is cut off says so %s ms after its member%n", took);
      // six answers, which would let an election pass, take 2.5 s at least
      assertThat(Integer.parseInt(took)).as("ms").isLessThan(2_500);
    } finally {
      CLUSTER.on("m2", "iptables -w -D" + drop);
      CLUSTER.on("m3", "iptables -w -D" + drop);
    }
    CLUSTER.isHealthy(Duration.ofMinutes(2));
  }

  @Test
  void aSessionThatNobodyAcknowledgesEndsAlsoWhereNobodyProbes() {
    // a reload leaves it to a process that looks at no master any more
    CLUSTER.on("w1", "rm -f /run/e2e-*");
    CompletableFuture<String> session =
        CompletableFuture.supplyAsync(() ->
            CLUSTER.on(
                "w1",
                """
                exec 3<> /dev/tcp/127.0.0.1/7443
                port=$(ss -Htnp 'dport = :7443' | grep "pid=$$," | awk '{print $4}' | sed 's/.*://')
                leads=$(echo 'show sess' | socat -t 2 - UNIX-CONNECT:/run/mainstay-proxy/admin.sock |
                  sed -n "s/.*src=127.0.0.1:$port .* srv=\\([^ ]*\\) .*/\\1/p")
                systemctl reload mainstay-proxy
                echo "${leads#last-}" > /run/e2e-leads.new && mv /run/e2e-leads.new /run/e2e-leads
                for n in $(seq 300); do [ ! -e /run/e2e-cut ] || break; sleep 0.1; done
                began=${EPOCHREALTIME/./}
                printf x >&3
                read -r -t 20 -u 3 || [ $? -le 128 ] || { echo 'it goes on' >&2; exit 1; }
                echo $(((${EPOCHREALTIME/./} - began) / 1000))
                """));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> CLUSTER.tryOn("w1", "cat /run/e2e-leads").exit() == 0);
    NodeName master = new NodeName(CLUSTER.on("w1", "cat /run/e2e-leads").strip());
    CLUSTER.playground.cut(master);
    try {
      CLUSTER.on("w1", "touch /run/e2e-cut");
      String took = session.join().strip();
      System.out.printf("e2e: a session that nobody acknowledges ends after %s ms%n", took);
      assertThat(Integer.parseInt(took)).as("ms").isLessThan(5_000);
    } finally {
      CLUSTER.playground.heal(master);
    }
    CLUSTER.isHealthy(Duration.ofMinutes(2));
  }

  @Test
  void aProxyThatAFirewallMakesBlindIsNamed() {
    String drop = " INPUT -p tcp --dport 7444 -s w1." + SteadyCluster.NAME + ".internal -j DROP";
    CLUSTER.on("m2", "iptables -w -I" + drop);
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() ->
            assertThat(CLUSTER.status().path("problems").valueStream())
                .anySatisfy(problem ->
                    assertThat(problem.toString())
                        .contains(
                            "its local proxy holds m2 down, which serves",
                            "let w1 through to port 7444 of m2")));
    // on a master that its proxy does not see it cannot fall back
    Result refused = CLUSTER.mainstay("drill", "master-down", "m3", "--yes");
    assertThat(refused.exit()).as(refused.toString()).isEqualTo(6);
    assertThat(refused.err()).contains("w1: its local proxy holds m2 down, which serves");
    CLUSTER.on("m2", "iptables -w -D" + drop);
    CLUSTER.isHealthy();
  }
}
