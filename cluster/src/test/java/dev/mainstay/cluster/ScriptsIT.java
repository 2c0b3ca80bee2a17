package dev.mainstay.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mainstay.model.ComponentSettings;
import dev.mainstay.model.ComponentSettings.ContainerdSettings;
import dev.mainstay.model.EtcdBackupSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Scripts run for real, in a mount namespace whose /etc, /run, /var/lib, /usr/local and /opt are
 * empty and gone afterwards; what they call (systemctl, kubeadm, etcdctl) is faked there.
 */
@Timeout(60)
final class ScriptsIT {
  private static final String SANDBOX =
      """
      set -eu
      awk=$(readlink -f "$(command -v awk)")
      for folder in /etc /run /var/lib /usr/local /opt; do mount -t tmpfs sandbox $folder; done
      mkdir -p /usr/local/bin /etc/kubernetes /etc/mainstay
      cat > /usr/local/bin/fake <<'EOF'
      #!/bin/bash
      echo "${0##*/} $*" >> /run/calls
      EOF
      chmod 755 /usr/local/bin/fake
      for tool in modprobe haproxy journalctl kubeadm kubectl ctr etcdctl; do
        cp /usr/local/bin/fake /usr/local/bin/$tool
      done
      cat > /usr/local/bin/systemctl <<'EOF'
      #!/bin/bash
      echo "systemctl $*" >> /run/calls
      case $* in *is-active*kubelet*) ! grep -q '^systemctl stop kubelet' /run/calls ;; esac
      EOF
      chmod 755 /usr/local/bin/systemctl
      ln -s "$awk" /usr/local/bin/awk # in Debian a link through /etc
      echo '127.0.0.1 localhost' > /etc/hosts
      touch /run/calls
      """;

  @TempDir Path folder = Path.of("");

  /** What a sandbox printed. */
  private record Result(int exit, String out, String err) {}

  @BeforeEach
  void needRoot() throws Exception {
    Process probe =
        new ProcessBuilder(
                "unshare", "-m", "--propagation", "private", "mount", "-t", "tmpfs", "t", "/run")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    Assumptions.assumeTrue(probe.waitFor() == 0, "needs root and mount namespaces");
  }

  /** Writes {@code script} where the sandbox finds it, and returns the words that run it. */
  private String script(String name) throws IOException {
    Path file = folder.resolve(name + ".sh");
    Files.writeString(file, Scripts.script(name));
    return "bash " + file;
  }

  private Path input(byte[] bytes) throws IOException {
    return Files.write(Files.createTempFile(folder, "input", ""), bytes);
  }

  private Path input(String text) throws IOException {
    return input(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Runs {@code lines} of bash in a fresh sandbox. */
  private Result sandbox(String lines) throws IOException, InterruptedException {
    Path script = Files.writeString(folder.resolve("sandbox"), SANDBOX + "set +e\n" + lines);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder("unshare", "-m", "--propagation", "private", "bash", script.toString())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    process.getOutputStream().close();
    assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
    return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static String sha256(String text) {
    return HostFile.sha256(text);
  }

  // receive.sh

  private static String header(String state, String content, String name, int size) {
    return "%s %s %d binary %s /usr/local/bin/%s\n"
        .formatted(state, sha256(content), size, name, name);
  }

  @Test
  void artifactsThatArriveAreInstalledAndRemembered() throws Exception {
    Path stream =
        input(header("send", "one", "a", 3) + header("send", "second", "b", 6) + "\nonesecond");
    Result result =
        sandbox(
            """
            %s < %s && cat /usr/local/bin/a /usr/local/bin/b && stat -c %%a /usr/local/bin/a
            cut -d' ' -f1,2,4 /var/lib/mainstay/installed
            ls /var/lib/mainstay/artifacts
            """
                .formatted(script("receive"), stream));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo(
            "onesecond755\n%s 3 /usr/local/bin/a\n%s 6 /usr/local/bin/b\nindex\n"
                .formatted(sha256("one"), sha256("second")));
  }

  @Test
  void whatArrivedWholeBeforeTheConnectionBrokeStays() throws Exception {
    Path torn =
        input(header("send", "one", "a", 3) + header("send", "second", "b", 6) + "\nonesec");
    Path rest =
        input(header("have", "one", "a", 3) + header("send", "second", "b", 6) + "\nsecond");
    Result result =
        sandbox(
            """
            %1$s < %2$s; echo "exit $?"
            ls /usr/local/bin/a /usr/local/bin/b 2> /dev/null
            : > /var/lib/mainstay/artifacts/%5$s # as a power cut leaves it
            %3$s
            %1$s < %4$s; echo "exit $?"
            cat /usr/local/bin/a /usr/local/bin/b
            """
                .formatted(script("receive"), torn, script("received"), rest, sha256("second")));
    assertThat(result.out()).isEqualTo("exit 75\n%s\nexit 0\nonesecond".formatted(sha256("one")));
    assertThat(result.err()).startsWith("b did not arrive whole; ");
  }

  @Test
  void bytesOfAnotherDigestAreRefused() throws Exception {
    Path wrong = input(header("send", "one", "a", 3) + "\ntwo");
    Result result =
        sandbox(
            """
            %s < %s; echo "exit $?"
            ls /usr/local/bin/a /var/lib/mainstay/artifacts 2> /dev/null
            """
                .formatted(script("receive"), wrong));
    assertThat(result.out()).isEqualTo("exit 65\n/var/lib/mainstay/artifacts:\nindex\n");
    assertThat(result.err())
        .isEqualTo(
            "a arrived with sha256 %s, expected %s\n".formatted(sha256("two"), sha256("one")));
  }

  @Test
  void aListThatIsCutOffChangesNothing() throws Exception {
    String list = header("send", "one", "a", 3);
    Path whole = input(list + "\none");
    Path cut = input(list.substring(0, 40));
    Result result =
        sandbox(
            """
            %1$s < %2$s; echo "exit $?"
            %1$s < %3$s; echo "exit $?"
            cat /usr/local/bin/a
            """
                .formatted(script("receive"), whole, cut));
    assertThat(result.out()).isEqualTo("exit 0\nexit 75\none");
    assertThat(result.err()).contains("the list of artifacts did not arrive whole");
  }

  // input, configure.sh

  private String fed(String name, String input, String... arguments) throws IOException {
    return "%s %s %s < %s"
        .formatted(script(name), sha256(input), String.join(" ", arguments), input(input));
  }

  @Test
  void inputThatIsCutShortChangesNothing() throws Exception {
    String whole = new HostFile("/etc/mainstay/x", "600", "content").line();
    for (String name : List.of("configure", "init", "join", "serve", "reset", "apply-manifest")) {
      Path cut = input(whole.substring(0, whole.length() - 4));
      Result result =
          sandbox(
              """
              %s %s x < %s; echo "exit $?"
              ls -A /etc/mainstay /run/mainstay /var/lib
              cat /run/calls /etc/hosts
              """
                  .formatted(script(name), sha256(whole), cut));
      assertThat(result.out())
          .describedAs(name)
          .isEqualTo(
              "exit 75\n/etc/mainstay:\n\n/run/mainstay:\n\n/var/lib:\n127.0.0.1 localhost\n");
      assertThat(result.err()).contains("the input did not arrive whole; nothing was changed");
    }
  }

  @Test
  void filesAreWrittenOnceAndActedUponOnce() throws Exception {
    String hosts = "127.0.0.1 localhost\n10.0.0.1 m1.x.internal m1\n";
    String proxy = "global\n  server m1 ipv4@m1.x.internal:6443 tcp-ut 500ms\n";
    String input =
        HostFile.hosts(hosts).line()
            + new HostFile("/etc/mainstay/haproxy.cfg", "644", proxy).line()
            + new HostFile("/etc/mainstay/deep/er", "600", "").line();
    String other = hosts + "10.0.0.9 w1.x.internal w1\n";
    String moved = other.replace("10.0.0.1 ", "10.0.0.2 ");
    String seen = sha256("127.0.0.1 localhost\n");
    Result result =
        sandbox(
            """
            before=$(stat -c %%i /etc/hosts)
            %s; echo "exit $?"
            [ "$before" = "$(stat -c %%i /etc/hosts)" ] && echo same inode
            cat /etc/hosts /etc/mainstay/haproxy.cfg; stat -c '%%a %%s' /etc/mainstay/deep/er
            ls /etc/mainstay /var/lib/mainstay
            grep -c reload /run/calls; : > /run/calls
            %s; echo "exit $?"; grep -E 'reload|restart' /run/calls
            %s; echo "exit $?"; grep -E 'reload|restart' /run/calls
            %s; echo "exit $?"; grep -E 'reload|restart' /run/calls
            """
                .formatted(
                    fed("configure", input, seen, "-"),
                    fed("configure", input, sha256(hosts), "-"),
                    fed("configure", onlyHosts(other), sha256(hosts), "-"),
                    fed("configure", onlyHosts(moved), sha256(other), "-")));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .startsWith(
            "exit 0\nsame inode\n" + hosts + proxy + "600 0\n/etc/mainstay:\ndeep\nhaproxy.cfg\n")
        .doesNotContain("unsettled");
    // the proxy is loaded anew for the names in its configuration, and for no others
    assertThat(result.out())
        .endsWith("1\nexit 0\nexit 0\nexit 0\nsystemctl reload mainstay-proxy.service\n");
  }

  private static String onlyHosts(String content) {
    return HostFile.hosts(content).line();
  }

  @Test
  void whereThereIsNoHostsFileOneIsMade() throws Exception {
    Result result =
        sandbox(
            "rm /etc/hosts; %s; echo \"exit $?\"; cat /etc/hosts"
                .formatted(fed("configure", onlyHosts("new\n"), sha256(""), "-")));
    assertThat(result.out()).isEqualTo("exit 0\nnew\n");
  }

  @Test
  void aHostsFileThatSomebodyElseChangedIsLeftAlone() throws Exception {
    String input = HostFile.hosts("new\n").line();
    Result result =
        sandbox(
            "%s; echo \"exit $?\"; cat /etc/hosts"
                .formatted(fed("configure", input, sha256("what was seen\n"), "-")));
    assertThat(result.out()).isEqualTo("exit 75\n127.0.0.1 localhost\n");
    assertThat(result.err()).contains("changed by somebody else meanwhile");
  }

  @Test
  void aProxyConfigurationThatIsRefusedDoesNotReplaceTheRunningOne() throws Exception {
    String input = new HostFile("/etc/mainstay/haproxy.cfg", "644", "bad\n").line();
    Result result =
        sandbox(
            """
            echo good > /etc/mainstay/haproxy.cfg
            printf '#!/bin/sh\\nexit 1\\n' > /usr/local/bin/haproxy
            %s; echo "exit $?"; ls /etc/mainstay; cat /etc/mainstay/haproxy.cfg
            """
                .formatted(fed("configure", input, "x", "-")));
    assertThat(result.out()).isEqualTo("exit 65\nhaproxy.cfg\ngood\n");
    assertThat(result.err()).contains("HAProxy refuses its new configuration");
  }

  @Test
  void aProxyThatLeadsElsewhereIsReloadedThoughItsFileIsRight() throws Exception {
    Result result =
        sandbox(fed("configure", "", "x", "reload-proxy") + "; grep -c reload /run/calls");
    assertThat(result.out()).isEqualTo("1\n");
  }

  @Test
  void aFileOfAnotherModeGetsItsOwnBackAndNobodyIsDisturbed() throws Exception {
    String input = new HostFile("/etc/mainstay/haproxy.cfg", "644", "global\n").line();
    Result result =
        sandbox(
            """
            echo ID=debian > /etc/os-release
            (umask 077; echo global > /etc/mainstay/haproxy.cfg)
            %1$s 0 /etc/mainstay/haproxy.cfg /etc/mainstay/none | grep ^mode
            %2$s; echo "exit $?"; %1$s 0 /etc/mainstay/haproxy.cfg | grep ^mode
            ls /etc/mainstay; grep -E 'reload|restart' /run/calls
            """
                .formatted(script("observe"), fed("configure", input, "x", "-")));
    assertThat(result.out())
        .isEqualTo(
            """
            mode 600 /etc/mainstay/haproxy.cfg
            exit 0
            mode 644 /etc/mainstay/haproxy.cfg
            haproxy.cfg
            """);
  }

  @Test
  void theAuthorityByWhichAMastersProxyKnowsItsApiserverIsLaidAnew() throws Exception {
    for (String before :
        List.of(
            "true", "echo CA > $laid; chmod 600 $laid", "echo other > $laid", "echo CA > $laid")) {
      Result result =
          sandbox(
              """
              laid=/etc/mainstay/ca.crt
              mkdir -p /etc/kubernetes/pki; echo CA > /etc/kubernetes/pki/ca.crt
              echo provisioned > /etc/mainstay/stage; echo global > /etc/mainstay/haproxy.cfg
              %s
              %s; echo "exit $?"; stat -c %%a $laid; cat $laid
              ls /etc/mainstay; grep reload /run/calls
              """
                  .formatted(before, fed("configure", "", "x", "-")));
      assertThat(result.out())
          .describedAs(before)
          .isEqualTo(
              "exit 0\n644\nCA\nca.crt\nhaproxy.cfg\nstage\n"
                  + (before.equals("echo CA > $laid")
                      ? ""
                      : "systemctl reload mainstay-proxy.service\n"));
    }
  }

  @Test
  void connectionsOfOldAddressesAreClosedAlsoByTheNextRun() throws Exception {
    String hosts = "10.0.0.2 m1\n";
    String input = HostFile.hosts(hosts).line();
    Result result =
        sandbox(
            """
            cat > /usr/local/bin/ss <<'EOF'
            #!/bin/bash
            echo "ss $*" >> /run/calls
            [ "$1" = -tK ] && touch /run/closed
            [ -e /run/closed ] || echo "ESTAB 0 0 10.0.0.1:2380 10.0.0.3:4000"
            EOF
            chmod 755 /usr/local/bin/ss
            printf '#!/bin/sh\nexit 1\n' > /usr/local/bin/haproxy
            echo global > /etc/mainstay/haproxy.cfg
            %s; echo "exit $?"; cat /var/lib/mainstay/stale-addresses
            grep -e -tK /run/calls; grep -c crictl /run/calls
            printf '#!/bin/sh\nexit 0\n' > /usr/local/bin/haproxy
            rm /run/closed; : > /run/calls
            %s; echo "exit $?"; ls /var/lib/mainstay; grep -c -e -tK /run/calls
            """
                .formatted(
                    fed(
                        "configure",
                        input + new HostFile("/etc/mainstay/haproxy.cfg", "644", "bad\n").line(),
                        sha256("127.0.0.1 localhost\n"),
                        "-",
                        "10.0.0.1"),
                    fed("configure", "", "x", "-")));
    assertThat(result.out())
        .isEqualTo(
            """
            exit 65
            10.0.0.1
            ss -tK ( src 10.0.0.1 or dst 10.0.0.1 )
            0
            exit 0
            hosts
            1
            """);
  }

  /** What close-stale does where {@code line} stays whatever ss is told. */
  private String unclosable(String line) throws Exception {
    return sandbox(
            """
            printf '#!/bin/sh\\necho "ESTAB 0 0 %s"\\n' > /usr/local/bin/ss
            printf '#!/bin/sh\\necho "crictl $*" >> /run/calls; echo 4711\\n' > /usr/local/bin/crictl
            printf '#!/bin/sh\\necho "2: eth0 inet 10.0.0.2/24"\\n' > /usr/local/bin/ip
            chmod 755 /usr/local/bin/ss /usr/local/bin/crictl /usr/local/bin/ip
            mkdir -p /etc/kubernetes/manifests; touch /etc/kubernetes/manifests/etcd.yaml
            %s 10.0.0.1; cat /run/calls
            """
                .formatted(line, script("close-stale")))
        .out();
  }

  @Test
  void aKernelThatCannotCloseConnectionsGetsTheProxyRestartedAndEtcdOnlyWhereItIsCutOff()
      throws Exception {
    String proxy = "systemctl try-restart mainstay-proxy.service\n";
    // the host itself moved
    assertThat(unclosable("10.0.0.1:2380 10.0.0.3:4000"))
        .contains("this kernel cannot close connections", proxy, "crictl stop -t 2 4711\n");
    assertThat(unclosable("[::ffff:10.0.0.1]:6443 [::ffff:10.0.0.3]:4000"))
        .contains(proxy, "crictl stop -t 2 4711\n");
    // another one moved: etcd here may be what the quorum stands on
    assertThat(unclosable("10.0.0.2:2380 10.0.0.1:4000")).contains(proxy).doesNotContain("crictl");
  }

  @Test
  void anAddressThatTheHostHasByNowIsNotStale() throws Exception {
    Result result =
        sandbox(
            """
            printf '#!/bin/sh\\necho "ss $*" >> /run/calls; echo "ESTAB 0 0 10.0.0.2:22 10.0.0.9:4000"\\n' > /usr/local/bin/ss
            printf '#!/bin/sh\\necho "2: eth0 inet 10.0.0.2/24"\\n' > /usr/local/bin/ip
            chmod 755 /usr/local/bin/ss /usr/local/bin/ip
            %1$s 10.0.0.2; cat /run/calls; %1$s 10.0.0.2 10.0.0.1; cat /run/calls
            """
                .formatted(script("close-stale")));
    assertThat(result.out())
        .contains("ss -tK ( src 10.0.0.1 or dst 10.0.0.1 )")
        .doesNotContain("10.0.0.2 ");
  }

  @Test
  void connectionsThatMerelyWaitForTheirTimeAreNotAsked() throws Exception {
    Result result =
        sandbox(
            """
            printf '#!/bin/sh\\necho "ss $*" >> /run/calls\\n' > /usr/local/bin/ss; chmod 755 /usr/local/bin/ss
            %s 10.0.0.1; cat /run/calls
            """
                .formatted(script("close-stale")));
    assertThat(result.out()).contains("exclude time-wait").doesNotContain("-tK");
  }

  // the script that heals /etc/hosts when a host boots

  private static final String WHOLE =
      """
      127.0.0.1 localhost
      # BEGIN mainstay demo generation 2
      127.0.0.1 api.demo.internal
      10.77.0.11 m1.demo.internal m1
      # END mainstay demo
      10.9.9.9 printer
      """;

  /** What the script makes of {@code hosts} where {@code WHOLE} was written last. */
  private String healed(String hosts) throws Exception {
    Path script = folder.resolve("heal-hosts");
    Files.writeString(script, Scripts.onHost("heal-hosts"));
    Result result =
        sandbox(
            """
            mkdir -p /var/lib/mainstay /run/mainstay; cp %s /var/lib/mainstay/hosts; cat %s > /etc/hosts
            before=$(stat -c %%i /etc/hosts)
            bash %3$s > /dev/null || echo "exit $?"
            [ "$before" = "$(stat -c %%i /etc/hosts)" ] || echo another inode
            sum=$(sha256sum /etc/hosts); bash %3$s; [ "$sum" = "$(sha256sum /etc/hosts)" ] || echo not settled
            cat /etc/hosts
            """
                .formatted(input(WHOLE), input(hosts), script));
    assertThat(result.err()).isEmpty();
    return result.out();
  }

  @Test
  void aHostsFileThatIsWholeStaysAsItIsWhereverTheBlockStands() throws Exception {
    assertThat(healed(WHOLE)).isEqualTo(WHOLE);
    String elsewhere =
        WHOLE.substring(WHOLE.indexOf("# BEGIN"), WHOLE.indexOf("10.9.9.9"))
            + "127.0.0.1 localhost\n10.1.1.1 new\n";
    assertThat(healed(elsewhere)).isEqualTo(elsewhere);
  }

  @Test
  void aHostsFileThatWasCutShortComesBackWhole() throws Exception {
    for (int length : new int[] {0, 10, 60, 90, WHOLE.length() - 1}) {
      assertThat(healed(WHOLE.substring(0, length))).describedAs("%d", length).isEqualTo(WHOLE);
    }
  }

  @Test
  void aBlockThatIsLostOldTornOrTwiceIsWrittenAgainAndOtherLinesStay() throws Exception {
    String block = WHOLE.substring(WHOLE.indexOf("# BEGIN"), WHOLE.indexOf("10.9.9.9"));
    // another tool wrote the file anew
    assertThat(healed("127.0.0.1 localhost\n127.0.1.1 M1 m1.demo.internal\n"))
        .isEqualTo("127.0.0.1 localhost\n#mainstay# 127.0.1.1 M1 m1.demo.internal\n" + block);
    assertThat(healed("10.5.5.5 x\n" + block.replace("10.77.0.11", "10.66.0.11")))
        .isEqualTo("10.5.5.5 x\n" + block);
    assertThat(healed(block.replace("# END mainstay demo\n", "") + "10.5.5.5 x\n"))
        .isEqualTo("10.5.5.5 x\n" + block);
    assertThat(healed(block + "10.5.5.5 x\n" + block)).isEqualTo("10.5.5.5 x\n" + block);
  }

  @Test
  void theWordsOfOurMarkersAreNoNames() throws Exception {
    String block = WHOLE.substring(WHOLE.indexOf("# BEGIN"), WHOLE.indexOf("10.9.9.9"));
    String theirs = "127.0.0.1 localhost\n127.0.0.1 demo\n127.0.0.2 mainstay generation 2 end\n";
    assertThat(healed(theirs)).isEqualTo(theirs + block);
  }

  @Test
  void linesOfOthersBelowABlockThatLostItsEndStay() throws Exception {
    String block = WHOLE.substring(WHOLE.indexOf("# BEGIN"), WHOLE.indexOf("10.9.9.9"));
    String endless = block.replace("# END mainstay demo\n", "");
    String theirs = "10.1.1.1 nas.example.com nas\n10.1.1.2 not-demo.internal x\n";
    assertThat(healed(endless + theirs)).isEqualTo(theirs + block);
    // without our first line nothing says which domain is ours
    String headless = "# BEGIN mainstay demo generation 2\n";
    assertThat(healed(headless + theirs)).isEqualTo(theirs + block);
    // cut in the middle of a line, below what somebody wrote
    for (String torn : List.of("127.0.0.1 ap", "127.0.0.1 api.demo.int")) {
      assertThat(healed("10.5.5.5 x\n" + headless + torn)).isEqualTo("10.5.5.5 x\n" + block);
    }
    for (int length = 2; length < 20; length++) {
      assertThat(healed("10.5.5.5 x\n" + block.substring(0, block.length() - length)))
          .isEqualTo("10.5.5.5 x\n" + block);
    }
  }

  @Test
  void linesThatSomebodyTookAwayBelowTheBlockDoNotComeBack() throws Exception {
    String shorter = WHOLE.substring(0, WHOLE.indexOf("10.9.9.9"));
    assertThat(healed(shorter)).isEqualTo(shorter);
  }

  // init.sh and join.sh

  @Test
  void anInitIsStartedBeforeKubeadmAndJoinedAfterIt() throws Exception {
    Result result =
        sandbox(
            """
            cat > /usr/local/bin/kubeadm <<'EOF'
            #!/bin/bash
            cat /etc/mainstay/stage > /run/stage-then
            mkdir -p /etc/kubernetes/manifests
            cat > /etc/kubernetes/manifests/etcd.yaml <<'END'
              - command:
                - etcd
                - --initial-cluster=m1.demo.internal=https://10.77.0.11:2380
                - --name=m1.demo.internal
            END
            EOF
            cat > /usr/local/bin/crictl <<'EOF'
            #!/bin/bash
            case $* in
              'ps '*name=kube-apiserver*) echo a1 ;;
              'ps '*name=etcd*) echo e1 ;;
              *) echo "crictl $*" >> /run/calls; cat /etc/kubernetes/manifests/etcd.yaml > /run/manifest-then ;;
            esac
            EOF
            cat > /usr/local/bin/kubectl <<'EOF'
            #!/bin/bash
            echo "kubectl ${*: -1}" >> /run/calls
            [ "$(grep -c ^kubectl /run/calls)" -gt 2 ] || { echo 'connection refused' >&2; exit 1; }
            EOF
            chmod 755 /usr/local/bin/crictl
            %1$s; echo "exit $?"
            cat /run/stage-then /etc/mainstay/stage
            stat -c %%a /etc/mainstay/kubeadm/init.yaml /etc/kubernetes/manifests/etcd.yaml
            ls -A /etc/kubernetes /etc/kubernetes/manifests
            cat /run/manifest-then /run/calls
            %1$s; echo "exit $?"
            """
                .formatted(fed("init", "kind: InitConfiguration\n")));
    assertThat(result.out())
        .isEqualTo(
            """
            exit 0
            started
            joined
            600
            600
            /etc/kubernetes:
            manifests

            /etc/kubernetes/manifests:
            etcd.yaml
              - command:
                - etcd
                - --initial-cluster=m1.demo.internal=https://10.77.0.11:2380
                - --initial-cluster-state=existing
                - --name=m1.demo.internal
            systemctl stop kubelet.service
            crictl stop -t 0 a1
            crictl stop -t 5 e1
            systemctl start kubelet.service
            kubectl /api/v1/nodes?limit=1
            kubectl /api/v1/nodes?limit=1
            kubectl /api/v1/nodes?limit=1
            exit 75
            """);
    assertThat(result.err()).contains("no longer empty (stage joined)");
  }

  @Test
  void anInitDoesNotGoOnWithAnEtcdThatItCouldNotStop() throws Exception {
    Result result =
        sandbox(
            """
            cat > /usr/local/bin/kubeadm <<'EOF'
            #!/bin/bash
            mkdir -p /etc/kubernetes/manifests
            echo '    - --initial-cluster=m1=https://10.77.0.11:2380' > /etc/kubernetes/manifests/etcd.yaml
            EOF
            printf '#!/bin/sh\\nexit 1\\n' > /usr/local/bin/crictl
            chmod 755 /usr/local/bin/crictl
            %s; echo "exit $?"
            cat /etc/mainstay/stage
            """
                .formatted(fed("init", "kind: InitConfiguration\n")));
    assertThat(result.out()).isEqualTo("exit 1\nstarted\n");
    assertThat(result.err()).contains("the container runtime does not answer");
  }

  @Test
  void aMastersOwnApiserverHasToBeReadyToo() throws Exception {
    String asks =
        """
        cat > /usr/local/bin/kubectl <<'EOF'
        #!/bin/bash
        case $* in *--server*) cat /run/own ;; *) echo ok ;; esac
        EOF
        echo '    server: https://api.demo.internal:7443' > /etc/kubernetes/%s
        for own in ok '[-]etcd failed'; do
          echo "$own" > /run/own
          %s; echo "exit $?"
        done
        """;
    Result master = sandbox(asks.formatted("admin.conf", script("answers")));
    assertThat(master.out()).isEqualTo("exit 0\nexit 75\n");
    assertThat(master.err()).isEqualTo("its apiserver is not ready\n");
    assertThat(sandbox(asks.formatted("kubelet.conf", script("answers"))).out())
        .isEqualTo("exit 0\nexit 0\n");
  }

  @Test
  void aFailedJoinSaysWhatKubeadmSaidAndLeavesNoToken() throws Exception {
    String input =
        new HostFile("/etc/kubernetes/pki/ca.key", "600", "key").line()
            + new HostFile("/etc/mainstay/kubeadm/discovery.conf", "600", "token").line()
            + new HostFile("/etc/mainstay/kubeadm/join.yaml", "600", "token").line();
    Result result =
        sandbox(
            """
            cat > /usr/local/bin/kubeadm <<'EOF'
            #!/bin/bash
            stat -c '%%a' /etc/kubernetes/pki/ca.key /etc/mainstay/kubeadm/discovery.conf > /run/modes
            echo '[preflight] Running pre-flight checks'
            echo 'error execution phase control-plane-join/etcd: etcdserver: unhealthy cluster'
            echo 'To see the stack trace of this error execute with --v=5 or higher'
            exit 1
            EOF
            %s; echo "exit $?"
            cat /etc/mainstay/stage /run/modes; ls -A /etc/mainstay/kubeadm /run/mainstay
            """
                .formatted(fed("join", input, "master")));
    assertThat(result.out())
        .isEqualTo(
            "exit 1\nstarted\n600\n600\n/etc/mainstay/kubeadm:\n\n/run/mainstay:\nstep.lock\n");
    assertThat(result.err())
        .isEqualTo(
            "error execution phase control-plane-join/etcd: etcdserver: unhealthy cluster\n");
  }

  @Test
  void onlyANodesKubeletIsStartedAgain() throws Exception {
    Result result =
        sandbox(
            """
            systemctl stop kubelet.service
            for stage in joined provisioned; do
              echo $stage > /etc/mainstay/stage
              %s; echo "exit $?"; grep 'start kubelet' /run/calls
            done
            """
                .formatted(fed("configure", "", "x", "-")));
    assertThat(result.out()).isEqualTo("exit 0\nexit 0\nsystemctl start kubelet.service\n");
  }

  @Test
  void aMastersKubeletBeginsAnewOnceItsApiserverServesAndNoSooner() throws Exception {
    String kubeadm =
        """
        cat > /usr/local/bin/kubectl <<'EOF'
        #!/bin/bash
        echo "kubectl $*" >> /run/calls
        [ "$(grep -c can-i /run/calls)" -lt 3 ] && echo no || echo yes
        EOF
        cat > /usr/local/bin/kubeadm <<'EOF'
        #!/bin/bash
        touch /etc/kubernetes/bootstrap-kubelet.conf
        for try in {1..200}; do
          grep -q 'restart kubelet' /run/calls && exit 0
          sleep 0.05
        done
        exit 1
        EOF
        """;
    String calls = "; echo \"exit $?\"; grep -c can-i /run/calls; grep kubelet.service /run/calls";
    // a sandbox has the machine's network
    try (var _ = new java.net.ServerSocket(6443, 5, java.net.InetAddress.ofLiteral("127.0.0.1"))) {
      assertThat(sandbox(kubeadm + fed("join", "", "master") + calls).out())
          .isEqualTo("exit 0\n3\nsystemctl restart kubelet.service\n");
    }
    String none = kubeadm.replace("{1..200}", "{1..20}");
    assertThat(sandbox(none + fed("join", "", "master") + calls).out()).isEqualTo("exit 1\n0\n");
    assertThat(sandbox(none + fed("join", "", "worker") + calls).out()).isEqualTo("exit 1\n0\n");
  }

  // etcd members with ids of 64 unsigned bits

  private static final String MEMBERS =
      """
      cat > /usr/local/bin/etcdctl <<'EOF'
      #!/bin/bash
      echo "etcdctl ${*:9}" >> /run/calls
      case "$*" in *"member list"*) cat /run/members ;; esac
      EOF
      printf '#!/bin/sh\\ncase $* in ps*) echo 4711 ;; *) echo "crictl $*" >> /run/calls ;; esac\\n' > /usr/local/bin/crictl
      chmod 755 /usr/local/bin/crictl
      cat > /run/members <<'EOF'
      "ClusterID" : 14841639068965178418
      "MemberID" : 10276657743932975437
      "ID" : 10276657743932975437
      "Name" : "m1.demo.internal"
      "PeerURL" : "https://10.77.0.11:2380"
      "ClientURL" : "https://m1.demo.internal:2379"
      "IsLearner" : false

      "ID" : 10276657743932975438
      "Name" : ""
      "PeerURL" : "https://10.77.0.12:2380"
      "IsLearner" : true

      EOF
      """;

  @Test
  void aMemberIsUnboundFromItsAddressByItsWholeId() throws Exception {
    Result result =
        sandbox(
            MEMBERS
                + """
                printf '#!/bin/sh\\necho ok\\n' > /usr/local/bin/kubectl
                for name in kubelet controller-manager scheduler; do
                  echo '    server: https://api.demo.internal:7443' > /etc/kubernetes/$name.conf
                done
                echo "    server: https://10.77.0.11:6443" > /etc/kubernetes/admin.conf
                %1$s m1.demo.internal https://api.demo.internal:7443; echo "exit $?"
                grep -h server /etc/kubernetes/*.conf; grep -E 'update|restart' /run/calls
                sed -i 's|10.77.0.11|m1.demo.internal|' /run/members; : > /run/calls
                %1$s m1.demo.internal https://api.demo.internal:7443; echo "exit $?"; grep -E 'update|restart' /run/calls
                """
                    .formatted(script("normalise-master")));
    assertThat(result.out())
        .isEqualTo(
            """
             peer-url kubelet controller-manager scheduler admin
            exit 0
                server: https://api.demo.internal:7443
                server: https://127.0.0.1:6443
                server: https://127.0.0.1:6443
                server: https://127.0.0.1:6443
            etcdctl member update 8e9e05c52164694d --peer-urls=https://m1.demo.internal:2380
            systemctl restart kubelet.service

            exit 0
            """);
  }

  @Test
  void whatAControllerManagerLedIsFreeWhenItRestarts() throws Exception {
    Result result =
        sandbox(
            MEMBERS
                + """
                cat > /usr/local/bin/kubectl <<'EOF'
                #!/bin/bash
                case "$*" in
                  *"get lease kube-controller-manager"*) echo "$(hostname)_1" ;;
                  *"get lease kube-scheduler"*) echo "another_1" ;;
                  *patch*) echo "${*:7}" >> /run/calls ;;
                  *) echo ok ;;
                esac
                EOF
                for name in kubelet controller-manager scheduler; do
                  echo '    server: https://10.77.0.11:6443' > /etc/kubernetes/$name.conf
                done
                %s m1.demo.internal https://api.demo.internal:7443; echo "exit $?"
                grep -e lease -e crictl /run/calls | sed "s/$(hostname)_1/HOLDER/"
                """
                    .formatted(script("normalise-master")));
    assertThat(result.out())
        .isEqualTo(
            """
             peer-url kubelet controller-manager scheduler
            exit 0
            crictl stop -t 2 4711
            -n kube-system patch lease kube-controller-manager --type json -p [{"op":"test","path":"/spec/holderIdentity","value":"HOLDER"},{"op":"remove","path":"/spec/holderIdentity"}]
            crictl stop -t 2 4711
            """);
  }

  @Test
  void aMemberThatNeverStartedIsFoundByItsAddress() throws Exception {
    Result result =
        sandbox(
            MEMBERS
                + """
                %1$s m2.demo.internal 10.77.0.12; echo "exit $?"; cat /run/calls
                : > /run/calls; %1$s m3.demo.internal 10.77.0.13; echo "exit $?"; cat /run/calls
                """
                    .formatted(script("remove-member")));
    assertThat(result.out())
        .contains("etcdctl member remove 8e9e05c52164694e\n")
        .contains("delete node m2.demo.internal --ignore-not-found")
        .contains("delete node m3.demo.internal --ignore-not-found")
        .containsOnlyOnce("member remove");
  }

  @Test
  void aLearnerHoldsUpTheNextJoin() throws Exception {
    Result result =
        sandbox(
            MEMBERS
                + """
                %1$s; echo "exit $?"
                sed -i 's/: true/: false/' /run/members; %1$s; echo "exit $?"
                """
                    .formatted(script("members-healthy")));
    assertThat(result.out()).isEqualTo("exit 75\nexit 0\n");
    assertThat(result.err()).isEqualTo("a learner waits for its promotion\n");
  }

  @Test
  void stepsOnOneHostWaitForEachOther() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /run/mainstay
            flock /run/mainstay/step.lock -c 'timeout 0.5 %1$s < %2$s'; echo "exit $?"
            ls /usr/local/bin/a 2> /dev/null
            %1$s < %2$s; echo "exit $?"; cat /usr/local/bin/a
            """
                .formatted(script("receive"), input(header("send", "one", "a", 3) + "\none")));
    assertThat(result.out()).isEqualTo("exit 124\nexit 0\none");
  }

  @Test
  void whatAnotherRunMadeMeanwhileIsNotUndone() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /etc/kubernetes/pki /var/lib/etcd/member
            echo provisioned > /etc/mainstay/stage
            %1$s started; echo "exit $?"
            %1$s -; echo "exit $?"
            %1$s aside; echo "exit $?"
            ls -d /etc/kubernetes/pki /var/lib/etcd/member
            echo half-written > /etc/mainstay/stage
            %1$s started; echo "exit $?"
            ls -d /etc/kubernetes/pki /var/lib/etcd/member /etc/mainstay/stage 2> /dev/null
            %1$s -; echo "exit $?"
            %1$s aside; echo "exit $?"
            """
                .formatted(script("kubeadm-reset")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            exit 75
            exit 75
            exit 75
            /etc/kubernetes/pki
            /var/lib/etcd/member
            exit 0
            exit 0
            exit 0
            """);
    assertThat(result.err())
        .contains("this host is at stage provisioned by now and was at started: another run");
  }

  @Test
  void whatIsNotOursToDeleteOutlivesAnUndo() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /run/nfs '/var/lib/kubelet/pods/1/a volume' /var/lib/etcd/mainstay-aside-r1/member /var/lib/etcd/member
            mkdir /var/lib/etcd/mainstay-aside-r2
            echo theirs > /run/nfs/data; echo before > /var/lib/etcd/mainstay-aside-r1/member/data
            mount --bind /run/nfs '/var/lib/kubelet/pods/1/a volume'
            %s -; echo "exit $?"
            cat /run/nfs/data /var/lib/mainstay/backup/etcd-r1/member/data
            find /var/lib/kubelet /var/lib/etcd
            """
                .formatted(script("kubeadm-reset")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            aside /var/lib/mainstay/backup/etcd-r1/member
            exit 0
            theirs
            before
            /var/lib/kubelet
            /var/lib/etcd
            """);
  }

  @Test
  void aVolumeThatStaysMountedIsNotEmptied() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /run/nfs /var/lib/kubelet/pods/1/v; echo theirs > /run/nfs/data
            mount --bind /run/nfs /var/lib/kubelet/pods/1/v; cd /var/lib/kubelet/pods/1/v
            %s -; echo "exit $?"; cat data
            """
                .formatted(script("kubeadm-reset")));
    assertThat(result.out()).isEqualTo("exit 1\ntheirs\n");
    assertThat(result.err()).contains("/var/lib/kubelet/pods/1/v");
  }

  @Test
  void dataOfEtcdThatNothingTellsOfIsNotBegunOver() throws Exception {
    for (String name : List.of("init", "join")) {
      Result result =
          sandbox(
              "mkdir -p /var/lib/etcd/member; %s; echo \"exit $?\"; ls /etc/mainstay; cat /run/calls"
                  .formatted(fed(name, "")));
      assertThat(result.out()).isEqualTo("exit 6\n");
      assertThat(result.err()).contains("/var/lib/etcd/member");
    }
  }

  @Test
  void anotherEtcdsDataOutlivesKubeadmAndTheReset() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /var/lib/etcd/default /var/lib/etcd/member /var/lib/etcd/mainstay-restored; echo theirs > /var/lib/etcd/default/db
            echo started > /etc/mainstay/stage
            %s started; echo "exit $?"; mkdir -p /var/lib/etcd/member; echo started > /etc/mainstay/stage; %s; echo "exit $?"
            find /var/lib/etcd -type f; grep ^kubeadm /run/calls | grep -vc 'skip-phases remove-etcd-member'
            """
                .formatted(script("kubeadm-reset"), reset("-")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo("exit 0\nexit 0\n/var/lib/etcd/default/db\n0\n");
    // a worker's is all somebody else's
    Result worker =
        sandbox(
            """
            mkdir -p /var/lib/etcd/member; echo '{"role":"worker"}' > /etc/mainstay/node.json
            %s; echo "exit $?"; ls /var/lib/etcd
            """
                .formatted(reset("-")));
    assertThat(worker.out()).describedAs(worker.err()).isEqualTo("exit 0\nmember\n");
  }

  @Test
  void whatIsMountedWhereOursGoesIsNotDeleted() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /run/share /var/lib/mainstay/etcd-backups; echo theirs > /run/share/m1.db
            mount --bind /run/share /var/lib/mainstay/etcd-backups
            %1$s; echo "exit $?"; cat /run/share/m1.db; cat /run/calls
            umount /var/lib/mainstay/etcd-backups
            %1$s; echo "exit $?"; cat /run/share/m1.db; ls /var/lib
            """
                .formatted(reset("-")));
    assertThat(result.out()).startsWith("exit 1\ntheirs\n").endsWith("exit 0\ntheirs\n");
    assertThat(result.out()).doesNotContain("systemctl disable");
    assertThat(result.err()).contains("/var/lib/mainstay/etcd-backups: what is mounted there");
    // a disk of its own is emptied
    Result disk =
        sandbox(
            """
            mkdir -p /var/lib/mainstay; mount -t tmpfs disk /var/lib/mainstay; touch /var/lib/mainstay/installed
            %s; echo "exit $?"; ls -A /var/lib/mainstay; ls -d /etc/mainstay
            """
                .formatted(reset("-")));
    assertThat(disk.out()).describedAs(disk.err()).isEqualTo("exit 0\n");
  }

  @Test
  void aProxyThatCouldNotBeLoadedIsLoadedByTheNextTry() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /var/lib/mainstay /etc/kubernetes/pki; echo ca > /etc/kubernetes/pki/ca.crt
            printf '#!/bin/bash\necho ok\n' > /usr/local/bin/kubectl
            printf '#!/bin/bash\necho "$*" >> /run/calls\n[ -e /run/loads ]\n' > /usr/local/bin/systemctl
            %1$s; echo "exit $?"; ls /etc/mainstay/stage
            touch /run/loads
            for try in 1 2; do %1$s; echo "exit $?"; done; grep -c reload /run/calls
            """
                .formatted(fed("serve", "config", "10.77.0.11")));
    assertThat(result.out()).isEqualTo("exit 1\nexit 0\nexit 0\n2\n");
  }

  /** The reset of a host that has no block of ours. */
  private String reset(String clusterId) throws IOException {
    String hosts = "127.0.0.1 localhost\n";
    return fed("reset", hosts, clusterId, sha256(hosts));
  }

  @Test
  void aHostsFileThatSomebodyElseChangedIsNotPutBackAsItWas() throws Exception {
    String seen = "10.5.5.5 theirs\n# BEGIN mainstay x generation 1\n# END mainstay x\n";
    String reset = fed("reset", "10.5.5.5 theirs\n", "-", sha256(seen));
    String ends =
        reset + "; echo \"exit $?\"; cat /etc/hosts; ls -d /etc/mainstay; cat /run/calls\n";
    Result changed = sandbox("echo 10.6.6.6 new > /etc/hosts\n" + ends);
    assertThat(changed.out()).isEqualTo("exit 75\n10.6.6.6 new\n/etc/mainstay\n");
    assertThat(changed.err()).contains("/etc/hosts was changed by somebody else meanwhile");
    assertThat(sandbox("cat %s > /etc/hosts\n".formatted(input(seen)) + ends).out())
        .startsWith("exit 0\n10.5.5.5 theirs\n")
        .doesNotContain("/etc/mainstay\n");
    // a try that broke off had written it already
    assertThat(sandbox("echo 10.5.5.5 theirs > /etc/hosts\n" + ends).out())
        .startsWith("exit 0\n10.5.5.5 theirs\n");
    // while kubeadm was undone
    Result late =
        sandbox(
            """
            cat %s > /etc/hosts; echo provisioned > /etc/mainstay/stage
            printf '#!/bin/sh\necho 10.6.6.6 new >> /etc/hosts\n' > /usr/local/bin/kubeadm
            %s; echo "exit $?"; tail -n 1 /etc/hosts; cat /etc/mainstay/stage
            """
                .formatted(input(seen), reset));
    assertThat(late.out()).isEqualTo("exit 75\n10.6.6.6 new\nprovisioned\n");
  }

  @Test
  void aHostOfAnotherClusterIsNotGivenBack() throws Exception {
    Result result =
        sandbox(
            """
            echo '{"cluster":"demo","clusterId":"other"}' > /etc/mainstay/node.json; mkdir /var/lib/mainstay
            %s; echo "exit $?"; ls -d /etc/mainstay /var/lib/mainstay; grep -v ^kubeadm /run/calls
            """
                .formatted(reset("ours")));
    assertThat(result.out()).isEqualTo("exit 75\n/etc/mainstay\n/var/lib/mainstay\n");
    assertThat(result.err()).contains("another cluster");
  }

  @Test
  void mirrorsOfRegistriesGoWhereTheyAreOurs() throws Exception {
    String ours =
        RegistryMirrors.of(
                Fixture.spec(
                    1,
                    0,
                    new ComponentSettings(
                        Map.of(),
                        Map.of(),
                        new ContainerdSettings(Map.of("a", List.of("https://m"))))),
                Set.of())
            .getFirst()
            .content();
    Result result =
        sandbox(
            """
            mkdir -p /etc/containerd/certs.d/a /etc/containerd/certs.d/b
            printf '%%s' '%s' > /etc/containerd/certs.d/a/hosts.toml
            echo 'server = "https://theirs"' > /etc/containerd/certs.d/b/hosts.toml
            echo ID=debian > /etc/os-release
            %s 0 | grep '^file .*certs.d'
            %s; echo "exit $?"; find /etc/containerd -type f; ls /etc/containerd/certs.d
            """
                .formatted(ours, script("observe"), reset("-")));
    assertThat(result.out())
        .isEqualTo(
            "file %s /etc/containerd/certs.d/a/hosts.toml\nexit 0\n/etc/containerd/certs.d/b/hosts.toml\nb\n"
                .formatted(sha256(ours)));
  }

  @Test
  void whatOthersHadWhereOursGoesComesBackWithTheReset() throws Exception {
    String mark = "# Written by Mainstay; changes are undone by the next apply.\n";
    String a = "/etc/containerd/certs.d/a/hosts.toml";
    String b = "/etc/containerd/certs.d/b/hosts.toml";
    String input =
        new HostFile("/etc/crictl.yaml", "644", "ours\n").line()
            + new HostFile(a, "644", mark + "ours\n").line()
            + new HostFile(b, "644", mark + "ours\n").line()
            + new HostFile("/etc/containerd/certs.d/c/hosts.toml", "644", mark).line();
    String again = new HostFile(a, "644", mark + "ours, too\n").line();
    Result result =
        sandbox(
            """
            mkdir -p /etc/containerd/certs.d/a /etc/containerd/certs.d/b /etc/cni/net.d /opt/cni/bin /var/lib/mainstay
            (umask 077; echo theirs > /etc/crictl.yaml); echo theirs a > %1$s; echo theirs b > %2$s
            touch /etc/cni/net.d/87-podman.conflist /opt/cni/bin/theirs /opt/cni/bin/bridge
            echo "0 0 0 /opt/cni/bin/bridge" > /var/lib/mainstay/installed
            %3$s && echo '{"cluster":"x"}' > /etc/mainstay/node.json; %4$s; %5$s; echo "exit $?"; cat %1$s %2$s
            touch /etc/cni/net.d/10-calico.conflist /opt/cni/bin/calico
            %6$s -; ls /etc/cni/net.d
            touch /etc/cni/net.d/10-calico.conflist
            %7$s; echo "exit $?"
            find /etc/containerd /etc/cni /opt/cni -type f | sort
            cat /etc/crictl.yaml %1$s %2$s; stat -c %%a /etc/crictl.yaml; ls -d /etc/mainstay
            """
                .formatted(
                    a,
                    b,
                    fed("configure", input, "x", "-"),
                    fed("configure", again, "x", "-"),
                    fed("configure", HostFile.absent(b).line(), "x", "-"),
                    script("kubeadm-reset"),
                    reset("-")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            exit 0
            # Written by Mainstay; changes are undone by the next apply.
            ours, too
            theirs b
            87-podman.conflist
            exit 0
            /etc/cni/net.d/87-podman.conflist
            /etc/containerd/certs.d/a/hosts.toml
            /etc/containerd/certs.d/b/hosts.toml
            /opt/cni/bin/theirs
            theirs
            theirs a
            theirs b
            600
            """);
  }

  /**
   * What dns-could-move.sh and dns-spread.sh do.
   *
   * @param pods DELETED|NODE NAME READY each, and nodes NAME|UNSCHEDULABLE|TAINTS each, as kubectl
   *     prints them
   */
  private String dns(List<String> pods, List<String> nodes) throws Exception {
    return sandbox(
            """
            cat > /usr/local/bin/kubectl <<'EOF'
            #!/bin/bash
            case " $* " in
              *" get pods "*) cat /run/pods ;;
              *" get nodes "*) cat /run/nodes ;;
              *" delete pod "*) echo "$*" | sed 's/.* delete/delete/' ;;
            esac
            EOF
            printf '%%s\n' '%s' > /run/pods; printf '%%s\n' '%s' > /run/nodes
            %s 2> /dev/null; echo "could $?"; %s
            """
                .formatted(
                    String.join("\n", pods),
                    String.join("\n", nodes),
                    script("dns-could-move"),
                    script("dns-spread")))
        .out();
  }

  @Test
  void aPodOfCorednsMovesWhereAllAreOnOneNodeAndAnotherTakesIt() throws Exception {
    String master = "m1||node-role.kubernetes.io/control-plane=NoSchedule ";
    List<String> both = List.of("|m1 a True", "|m1 b True");
    assertThat(dns(both, List.of(master, master.replace("m1", "m2"))))
        .isEqualTo("could 0\ndelete pod a --wait=false\n");
    // the one that serves stays
    assertThat(dns(List.of("|m1 a True", "|m1 b False"), List.of(master, "w1||")))
        .isEqualTo("could 0\ndelete pod b --wait=false\n");
    for (String no :
        List.of(
            "w1|true|",
            "w1||node.kubernetes.io/not-ready=NoSchedule ",
            "w1||x=PreferNoSchedule ")) {
      assertThat(dns(both, List.of(master, no))).isEqualTo("could 75\n");
    }
    for (List<String> well :
        List.of(
            List.of("|m1 a True", "|m2 b True"),
            List.of("|m1 a True"),
            List.of("|m1 a True", "2026-11-27T14:00:00Z|m1 c True"))) {
      assertThat(dns(well, List.of(master, "w1||"))).isEqualTo("could 0\n");
    }
    for (List<String> unknown : List.of(List.of(""), List.of("|m1 a True", "|m1 c True", "| b "))) {
      assertThat(dns(unknown, List.of(master, "w1||"))).isEqualTo("could 75\n");
    }
  }

  @Test
  void whatElseLivesInContainerdStays() throws Exception {
    String reset =
        """
        printf '#!/bin/bash\ncase $* in "namespaces ls -q") echo k8s.io; cat /run/others ;; esac\n' > /usr/local/bin/ctr
        chmod 755 /usr/local/bin/ctr
        mkdir -p /var/lib/containerd/content
        %s; echo "exit $?"; ls /var/lib
        """
            .formatted(reset("-"));
    assertThat(sandbox("echo moby > /run/others\n" + reset).out())
        .isEqualTo("exit 0\ncontainerd\n");
    assertThat(sandbox("touch /run/others\n" + reset).out()).isEqualTo("exit 0\n");
    // also on a host that only has its artifacts yet
    assertThat(sandbox("echo moby > /run/others; rmdir /etc/mainstay\n" + reset).out())
        .isEqualTo("exit 0\ncontainerd\n");
    // nobody can tell
    Result silent = sandbox(reset.replace("case $* in", "exit 1; case $* in"));
    assertThat(silent.out()).isEqualTo("exit 0\ncontainerd\n");
    assertThat(silent.err()).contains("containerd does not answer");
    // nor does a second try, where the first one came as far as taking away what tells
    assertThat(
            sandbox(
                    "touch /run/others /etc/mainstay/containerd-shared\n"
                        + reset.replace("chmod 755 /usr/local/bin/ctr", "rm /usr/local/bin/ctr"))
                .out())
        .isEqualTo("exit 0\ncontainerd\n");
  }

  @Test
  void packagesOnHoldAreThere() throws Exception {
    Result result =
        sandbox(
            """
            printf '#!/bin/bash\nprintf "hi "\n' > /usr/local/bin/dpkg-query
            cat > /usr/local/bin/dpkg <<'EOF'
            #!/bin/bash
            cat /usr/sbin/policy-rc.d > /run/policy
            EOF
            chmod 755 /usr/local/bin/*
            mount -t tmpfs sandbox /usr/sbin
            printf '#!/bin/sh\n# written by Mainstay while it installs packages\nexit 101\n' > /usr/sbin/policy-rc.d
            %s < %s; echo "exit $?"
            cat /run/policy /var/lib/mainstay/packages; ls /usr/sbin
            """
                .formatted(
                    script("receive"),
                    input("send %s 3 package haproxy -\n\none".formatted(sha256("one")))));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            "exit 0\n#!/bin/sh\n# written by Mainstay while it installs packages\nexit 101\n");
  }

  @Test
  void noKubeconfigCanBeReadByOthersForAMoment() throws Exception {
    Result result =
        sandbox(
            """
            echo '    server: https://old' > /etc/kubernetes/kubelet.conf
            printf '#!/bin/bash\nstat -c %%%%a "$@"\n' > /usr/local/bin/sync
            printf '#!/bin/bash\nstat -c %%%%a "${@: -1}"\n/usr/bin/chmod "$@"\n' > /run/chmod
            chmod 755 /usr/local/bin/sync /run/chmod; mv /run/chmod /usr/local/bin/chmod
            %s https://new; cat /etc/kubernetes/kubelet.conf; ls /etc/kubernetes
            """
                .formatted(script("point-kubelet")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo("600\n600\n    server: https://new\nkubelet.conf\n");
  }

  @Test
  void base64OfFilesIsWhatTheScriptsUnderstand() throws Exception {
    byte[] bytes = "\u00e4\n\u0001".getBytes(StandardCharsets.UTF_8);
    String input = "600 /etc/mainstay/x " + Base64.getEncoder().encodeToString(bytes) + "\n";
    Result result =
        sandbox("%s; base64 /etc/mainstay/x".formatted(fed("configure", input, "x", "-")));
    assertThat(result.out()).isEqualTo(Base64.getEncoder().encodeToString(bytes) + "\n");
  }

  // lock.sh

  @Test
  void theLockAnswersEachBeatAndEndsWithThem() throws Exception {
    Result result =
        sandbox(
            """
            said() { until [ "$(wc -l < /run/said)" = $1 ]; do sleep 0.05; done; }
            mkfifo /run/beats; touch /run/said
            %1$s 'ann since 8' < /run/beats >> /run/said & exec 5> /run/beats
            said 1; echo >&5; said 2; echo >&5; said 3
            %1$s bob < /dev/null; echo "exit $?"
            exec 5>&-; wait $!; echo "exit $?"
            cat /run/said
            %1$s bob < /dev/null; echo "exit $?"
            ls /run/mainstay
            """
                .formatted(script("lock")));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo("ann since 8\nexit 75\nexit 0\nlocked\n\n\nlocked\nexit 0\nrun.lock\n");
  }

  // drill-strike.sh, drill-heal.sh

  @Test
  void theTimerOfADrillIsSetBeforeItStrikesAndTriesAgainWhereItFails() throws Exception {
    Result result =
        sandbox(
            """
            cp /usr/local/bin/fake /usr/local/bin/systemd-run
            %s; echo "exit $?"
            cat /run/calls /run/mainstay/drill/fault
            """
                .formatted(fed("drill-strike", "heal", "proxy-restart", "50", "22")));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo(
            """
            striking
            exit 0
            systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service
            systemctl reset-failed mainstay-drill-heal.timer mainstay-drill-heal.service
            systemd-run --quiet --unit mainstay-drill-heal --on-active 50 --timer-property AccuracySec=100ms \
            --property Restart=on-failure --property RestartSec=5 /bin/bash /run/mainstay/drill/heal.sh timer
            systemctl is-active -q mainstay-drill-heal.timer
            systemctl restart mainstay-proxy.service
            proxy-restart
            """);
  }

  /** A packet filter that drops, and does and tells nothing while others hold its lock. */
  private static final String BLACK_HOLE =
      """
      mkdir -p /run/mainstay/drill; echo master-black-hole > /run/mainstay/drill/fault
      touch /run/rules
      cat > /usr/local/bin/iptables <<'EOF'
      #!/bin/bash
      [ ! -e /run/busy ] || exit 4
      case $3 in
        -D) rm -f /run/rules ;;
        -S) [ ! -e /run/rules ] || echo '-A INPUT -j MAINSTAY-DRILL-INPUT' ;;
      esac
      EOF
      chmod 755 /usr/local/bin/iptables
      """;

  @Test
  void aHealingThatFailedIsNotForgottenAndIsDoneAgain() throws Exception {
    Result result =
        sandbox(
            BLACK_HOLE
                + """
                touch /run/busy; %1$s timer; echo "exit $?"; ls /run/mainstay/drill
                rm /run/busy; %1$s timer; echo "exit $?"; ls /run/mainstay /run/rules 2> /dev/null
                %1$s timer; echo "exit $?"
                cat /run/calls
                """
                    .formatted(script("drill-heal")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo("exit 4\nfault\nhealed\nexit 0\n/run/mainstay:\ndrill.lock\nexit 0\n");
  }

  @Test
  void whoHealsFromOutsideStopsTheTimerAndItsRuns() throws Exception {
    Result result =
        sandbox(
            BLACK_HOLE
                + "%s; echo \"exit $?\"; ls /run/mainstay; cat /run/calls\n"
                    .formatted(script("drill-heal")));
    assertThat(result.out())
        .isEqualTo(
            """
            healed
            exit 0
            drill.lock
            systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service
            """);
  }

  @Test
  void whoHealsWaitsForWhoStrikes() throws Exception {
    Result result =
        sandbox(
            BLACK_HOLE
                + """
                flock /run/mainstay/drill.lock -c 'timeout 0.5 %1$s timer'; echo "exit $?"; ls /run/mainstay/drill
                %1$s timer; echo "exit $?"
                """
                    .formatted(script("drill-heal")));
    assertThat(result.out()).isEqualTo("exit 124\nfault\nhealed\nexit 0\n");
  }

  /** A master of which every tool that a strike calls tells what it was asked to do. */
  private static final String VICTIM =
      """
      for tool in systemd-run iptables; do cp /usr/local/bin/fake /usr/local/bin/$tool; done
      cat > /usr/local/bin/crictl <<'EOF'
      #!/bin/bash
      case $1 in ps) echo container ;; inspect) echo 4194399 ;; esac
      EOF
      cat > /usr/local/bin/etcdctl <<'EOF'
      #!/bin/bash
      echo '[{"Status":{"header":{"member_id":11,"raft_term":3},"leader":'$(cat /run/leader)',"isLearner":false}}]'
      EOF
      cat > /usr/local/bin/ss <<'EOF'
      #!/bin/bash
      echo 'LISTEN 0 128 127.0.0.1:6010 0.0.0.0:* users:(("sshd",pid=9,fd=8))'
      echo 'LISTEN 0 128 [::1]:6010 [::]:* users:(("sshd",pid=9,fd=7))'
      echo 'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))'
      echo 'LISTEN 0 128 [::]:2222 [::]:* users:(("sshd",pid=1,fd=4))'
      echo 'LISTEN 0 128 *:6443 *:* users:(("kube-apiserver",pid=3,fd=3))'
      EOF
      chmod 755 /usr/local/bin/*
      """;

  @Test
  void aBlackHoleSparesEveryPortThatSshdIsReachedAt() throws Exception {
    Result result =
        sandbox(
            VICTIM
                + """
                unset SSH_CONNECTION
                %s; echo "exit $?"
                sed -n 's/.*DRILL-INPUT.*--dport //p' /run/calls
                sed -n 's/.*DRILL-OUTPUT.*--sport //p' /run/calls
                """
                    .formatted(fed("drill-strike", "heal", "master-black-hole", "50", "22022")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            striking
            exit 0
            22 -j RETURN
            2222 -j RETURN
            22022 -j RETURN
            22 -j RETURN
            2222 -j RETURN
            22022 -j RETURN
            """);
  }

  @Test
  void aMasterGoesDownTheMomentThatItsKubeletHasStopped() throws Exception {
    Result result =
        sandbox(
            VICTIM
                + """
                %s >> /run/calls; echo "exit $?"
                sed -n '/stop kubelet/,$p' /run/calls
                """
                    .formatted(fed("drill-strike", "heal", "master-down", "50", "22")));
    assertThat(result.out()).startsWith("exit 1\nsystemctl stop kubelet.service\nstriking\n");
    // there is no process 4194399
    assertThat(result.err()).contains("No such process");
  }

  @Test
  void onlyWhoLeadsEtcdIsStruckAsItsLeader() throws Exception {
    Result result =
        sandbox(
            VICTIM
                + """
                echo 22 > /run/leader; %s; echo "exit $?"; ls /run/mainstay
                """
                    .formatted(fed("drill-strike", "heal", "etcd-leader", "50", "22")));
    assertThat(result.out()).isEqualTo("exit 1\ndrill.lock\nstep.lock\n");
    assertThat(result.err())
        .isEqualTo(
            "etcd's leader is another member by now; nothing was broken, run the same command"
                + " again\n");
    assertThat(
            sandbox(
                    VICTIM
                        + """
                        echo 11 > /run/leader; %s; cat /run/mainstay/drill/fault
                        """
                            .formatted(fed("drill-strike", "heal", "etcd-leader", "50", "22")))
                .out())
        .isEqualTo("striking\netcd-leader\n");
  }

  @Test
  void aHostThatIsGivenBackIsHealedFirst() throws Exception {
    Result result =
        sandbox(
            BLACK_HOLE
                + """
                cp %s /run/mainstay/drill/heal.sh
                %s; echo "exit $?"
                ls /run/mainstay; ls /run/rules; grep drill /run/calls | sort -u
                """
                    .formatted(input(Scripts.script("drill-heal")), reset("-")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            healed
            exit 0
            drill.lock
            step.lock
            systemctl stop mainstay-drill-heal.timer mainstay-drill-heal.service
            """);
  }

  // renew-certificates.sh, renew-kubelet.sh, certificates.sh

  /** A master whose ports serve what kubeadm writes; kubeadm appends a word to what it renews. */
  private static final String MASTER =
      """
      mount -t tmpfs sandbox /root
      mkdir -p /etc/kubernetes/pki/etcd /root/.kube
      cd /etc/kubernetes
      for file in pki/ca pki/etcd/ca pki/front-proxy-ca; do echo crt > $file.crt; echo key > $file.key; done
      echo sa > pki/sa.key; echo sa > pki/sa.pub
      for file in pki/apiserver.crt pki/etcd/server.crt pki/etcd/peer.crt; do
        printf -- '-----BEGIN CERTIFICATE-----\nOLD\n-----END CERTIFICATE-----\n' > $file
      done
      echo old > admin.conf
      cp admin.conf /root/.kube/config
      printf '#!/bin/bash\necho ok\n' > /usr/local/bin/kubectl
      cat > /usr/local/bin/openssl <<'EOF'
      #!/bin/bash
      case "$3" in
        *:6443) cat /etc/kubernetes/pki/apiserver.crt ;;
        *:2379) cat /etc/kubernetes/pki/etcd/server.crt ;;
        *:2380) cat /etc/kubernetes/pki/etcd/peer.crt ;;
      esac
      EOF
      cat > /usr/local/bin/kubeadm <<'EOF'
      #!/bin/bash
      echo "kubeadm $1 $2 $3 $4" >> /run/calls
      sed -i s/OLD/NEW/ /etc/kubernetes/pki/apiserver.crt
      sed -i s/old/new/ /etc/kubernetes/admin.conf
      [ ! -e /run/careless ] || echo other > /etc/kubernetes/pki/etcd/ca.crt
      EOF
      chmod 755 /usr/local/bin/*
      """;

  @Test
  void whatWasBeforeARenewalIsPutAsideAndTheLastFiveAreKept() throws Exception {
    Path config = input("config");
    Result result =
        sandbox(
            MASTER
                + """
                mkdir -p /var/lib/mainstay/backup/certificates-2000010{1..7}T000000Z /var/lib/mainstay/backup/etcd-1
                %s %s serve apiserver admin.conf < %s | cut -c1-70
                cat /run/calls
                ls /var/lib/mainstay/backup | wc -l
                ls -d /var/lib/mainstay/backup/etcd-1
                cat /var/lib/mainstay/backup/certificates-2[1-9]*/admin.conf /var/lib/mainstay/backup/certificates-20[2-9]*/admin.conf 2> /dev/null
                stat -c %%a /var/lib/mainstay/backup/certificates-20[2-9]*
                cat /root/.kube/config
                """
                    .formatted(script("renew-certificates"), sha256("config"), config));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains("before certificate /etc/kubernetes/pki/apiserver.crt OLD\n")
        .contains("\ncertificate /etc/kubernetes/pki/apiserver.crt NEW\n")
        .contains("\nserved 6443 NEW\n", "\nkey /etc/kubernetes/pki/etcd/ca.key\n")
        .contains(
            "kubeadm certs renew apiserver --config\nkubeadm certs renew admin.conf --config\n")
        .endsWith("\n6\n/var/lib/mainstay/backup/etcd-1\nold\n700\nnew\n");
  }

  @Test
  void aRenewalThatTouchesAnAuthorityFails() throws Exception {
    Path config = input("config");
    Result result =
        sandbox(
            MASTER
                + "touch /run/careless; %s %s alone all < %s > /dev/null; echo $?"
                    .formatted(script("renew-certificates"), sha256("config"), config));
    assertThat(result.out()).isEqualTo("1\n");
    assertThat(result.err())
        .contains("files of an authority have changed", "/var/lib/mainstay/backup/certificates-2");
  }

  @Test
  void aKubeletKeepsWhatItHasWhereNoCertificateArrived() throws Exception {
    Path nothing = input("bm90aGluZwo=");
    Result result =
        sandbox(
            """
            mkdir -p /var/lib/kubelet/pki
            echo pair > /var/lib/kubelet/pki/kubelet-client-current.pem
            %s %s client < %s; echo $?
            cat /var/lib/kubelet/pki/kubelet-client-current.pem /run/calls
            """
                .formatted(script("renew-kubelet"), sha256("bm90aGluZwo="), nothing));
    assertThat(result.out()).isEqualTo("1\npair\n");
    assertThat(result.err()).isEqualTo("there is no certificate in what arrived\n");
  }

  @Test
  void noPrivateKeyIsPrintedWithTheCertificates() throws Exception {
    Result result =
        sandbox(
            """
            mkdir -p /var/lib/kubelet/pki
            printf -- '-----BEGIN CERTIFICATE-----\nLEAF\n-----END CERTIFICATE-----\n-----BEGIN EC PRIVATE KEY-----\nSECRET\n-----END EC PRIVATE KEY-----\n' > /var/lib/kubelet/pki/kubelet-client-current.pem
            printf 'users:\n- user:\n    client-certificate-data: Q0VSVA==\n    client-key-data: U0VDUkVU\n' > /etc/kubernetes/admin.conf
            %s served
            """
                .formatted(script("certificates")));
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .contains("certificate /var/lib/kubelet/pki/kubelet-client-current.pem LEAF\n")
        .contains("kubeconfig /etc/kubernetes/admin.conf Q0VSVA==\n")
        .endsWith("end\n")
        .doesNotContain("SECRET", "U0VDUkVU");
  }

  // etcd

  private static final String NO_ETCD =
      """
      mkdir -p /var/lib/etcd/member /var/lib/etcd/mainstay-restored/member /var/lib/mainstay/etcd-restore
      echo old > /var/lib/etcd/member/data
      echo new > /var/lib/etcd/mainstay-restored/member/data
      echo 'r1 abc stopped' > /var/lib/mainstay/etcd-restore/state
      printf '#!/bin/bash\\nexit 1\\n' > /usr/local/bin/pgrep
      chmod 755 /usr/local/bin/pgrep
      """;

  @Test
  void dataIsSwappedByRenamesAndEveryHalfIsMadeWhole() throws Exception {
    String look =
        """
        echo "exit $?"; cat /var/lib/etcd/member/data /var/lib/etcd/mainstay-aside-r1/member/data /var/lib/mainstay/etcd-restore/state
        ls /var/lib/etcd
        """;
    String whole = "exit 0\nnew\nold\nr1 abc swapped\nmainstay-aside-r1\nmember\n";
    assertThat(sandbox(NO_ETCD + script("etcd-swap") + " r1\n" + look).out()).isEqualTo(whole);
    // killed after the first rename
    String half =
        "mkdir /var/lib/etcd/mainstay-aside-r1; mv /var/lib/etcd/member"
            + " /var/lib/etcd/mainstay-aside-r1/\n";
    assertThat(sandbox(NO_ETCD + half + script("etcd-swap") + " r1\n" + look).out())
        .isEqualTo(whole);
    // and after the second
    String almost = half + "mv /var/lib/etcd/mainstay-restored/member /var/lib/etcd/\n";
    assertThat(sandbox(NO_ETCD + almost + script("etcd-swap") + " r1\n" + look).out())
        .isEqualTo(whole);
    // again: nothing happens
    assertThat(
            sandbox(NO_ETCD + script("etcd-swap") + " r1\n" + script("etcd-swap") + " r1\n" + look)
                .out())
        .isEqualTo(whole);
  }

  @Test
  void whatRunsOrIsNotStoppedIsNotSwapped() throws Exception {
    Result runs =
        sandbox(
            NO_ETCD
                + "mkdir /var/lib/etcd/member/snap; exec 9> /var/lib/etcd/member/snap/db; flock 9\n"
                + script("etcd-swap")
                + " r1; echo \"exit $?\"; cat /var/lib/etcd/member/data\n");
    assertThat(runs.out()).isEqualTo("exit 1\nold\n");
    assertThat(runs.err()).contains("etcd runs; nothing was moved");
    Result early =
        sandbox(
            NO_ETCD
                + "echo 'r1 abc prepared' > /var/lib/mainstay/etcd-restore/state\n"
                + script("etcd-swap")
                + " r1; echo \"exit $?\"\n"
                + script("etcd-start")
                + " r1; echo \"exit $?\"; cat /var/lib/etcd/member/data /run/calls\n");
    assertThat(early.out()).isEqualTo("exit 1\nexit 1\nold\n");
    assertThat(early.err()).contains("was not stopped yet", "does not have its restored data yet");
  }

  @Test
  void aRestoreThatStartedNobodyIsUndoneFromEveryHalf() throws Exception {
    String undo =
        script("etcd-undo")
            + " r1; echo \"exit $?\"; cat /var/lib/etcd/member/data; ls /var/lib/etcd; ls"
            + " /var/lib/mainstay/etcd-restore; grep -c 'start kubelet' /run/calls\n";
    String whole = "undone\nexit 0\nold\nmember\n1\n";
    assertThat(sandbox(NO_ETCD + undo).out()).isEqualTo(whole);
    String half =
        "mkdir /var/lib/etcd/mainstay-aside-r1; mv /var/lib/etcd/member"
            + " /var/lib/etcd/mainstay-aside-r1/\n";
    assertThat(sandbox(NO_ETCD + half + undo).out()).isEqualTo(whole);
    assertThat(sandbox(NO_ETCD + script("etcd-swap") + " r1\n" + undo).out()).isEqualTo(whole);
    Result started =
        sandbox(NO_ETCD + "echo 'r1 abc started' > /var/lib/mainstay/etcd-restore/state\n" + undo);
    assertThat(started.out()).startsWith("exit 1\n");
    assertThat(started.err()).contains("was started on its restored data");
  }

  /** Data that restore r1 put aside, whose masters were started. */
  private static final String STARTED =
      NO_ETCD
          + """
          rm -rf /var/lib/etcd/mainstay-restored
          mkdir -p /var/lib/etcd/mainstay-aside-r1/member/snap /var/lib/mainstay/backup/etcd-r1
          echo before > /var/lib/etcd/mainstay-aside-r1/member/snap/db
          echo 'r1 abc started' > /var/lib/mainstay/etcd-restore/state
          """;

  private static final String KEPT =
      """
      echo "exit $?"; cat /var/lib/mainstay/etcd-restore/state; ls /var/lib/etcd
      cd /var/lib/mainstay/backup; grep -r . . | sort
      """;

  private static final String MOVED =
      """
      aside /var/lib/mainstay/backup/etcd-r1/member
      exit 0
      r1 abc done
      member
      ./etcd-r1/member/snap/db:before
      """;

  @Test
  void oldDataIsRenamedAndNotCopiedToWhereItIsKept() throws Exception {
    Result result =
        sandbox(
            STARTED
                + """
                before=$(stat -c %%i /var/lib/etcd/mainstay-aside-r1/member/snap/db)
                %s r1
                %s
                [ "$before" = "$(stat -c %%i etcd-r1/member/snap/db)" ] && echo the same file
                """
                    .formatted(script("etcd-finish"), KEPT));
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo(MOVED + "the same file\n");
  }

  @Test
  void oldDataIsCopiedToAnotherMountOnlyWhereThereIsRoom() throws Exception {
    // mv would copy between two mounts of one file system as well
    for (String elsewhere : List.of("-t tmpfs -o size=1g t", "--bind /run/disk")) {
      Result room =
          sandbox(
              STARTED
                  + "mkdir /run/disk; mount %s /var/lib/mainstay/backup\n".formatted(elsewhere)
                  + script("etcd-finish")
                  + " r1\n"
                  + KEPT);
      assertThat(room.err()).isEmpty();
      assertThat(room.out()).describedAs(elsewhere).isEqualTo(MOVED);
    }
    String full =
        "mkdir /run/disk; mount -t tmpfs -o size=200m t /run/disk; mkdir /run/disk/backup\n";
    for (String elsewhere :
        List.of(
            "mount --bind /run/disk/backup /var/lib/mainstay/backup\n",
            "mkdir /run/disk/etcd; cp -a /var/lib/etcd/. /run/disk/etcd; mount --bind"
                + " /run/disk/etcd /var/lib/etcd; mount --bind /run/disk/backup"
                + " /var/lib/mainstay/backup\n")) {
      Result none = sandbox(STARTED + full + elsewhere + script("etcd-finish") + " r1\n" + KEPT);
      assertThat(none.out())
          .describedAs(elsewhere)
          .startsWith("exit 0\nr1 abc done\nmainstay-aside-r1\nmember\n")
          .doesNotContain("before");
      assertThat(none.err())
          .contains("No space left on device: /var/lib/mainstay/backup/etcd-r1 has ")
          .contains("the old data stays in /var/lib/etcd/mainstay-aside-r1\n");
      Result needed =
          sandbox(
              STARTED
                  + full
                  + elsewhere
                  + script("etcd-set-aside")
                  + " r1; echo \"exit $?\"; ls /var/lib/etcd/mainstay-aside-r1\n");
      assertThat(needed.out()).isEqualTo("exit 1\nmember\n");
    }
  }

  @Test
  void whateverAKilledRunLeftOldDataIsKeptOnceAndNeverDeleted() throws Exception {
    String finish = script("etcd-finish") + " r1\n" + KEPT;
    String kept = "/var/lib/mainstay/backup/etcd-r1";
    String aside = "/var/lib/etcd/mainstay-aside-r1";
    // in the middle of a copy
    assertThat(
            sandbox(
                    STARTED
                        + "mkdir -p %1$s/member.part/snap; echo bef > %1$s/member.part/snap/db\n"
                            .formatted(kept)
                        + finish)
                .out())
        .isEqualTo(MOVED);
    // after the copy, and while the source was deleted
    String copied = "cp -a %s/member %s/\n".formatted(aside, kept);
    assertThat(sandbox(STARTED + copied + finish).out()).isEqualTo(MOVED);
    assertThat(sandbox(STARTED + copied + "rm %s/member/snap/db\n".formatted(aside) + finish).out())
        .isEqualTo(MOVED);
    // after the rename; also a recovery goes on from there
    String renamed = "mv %s/member %s/\n".formatted(aside, kept);
    assertThat(sandbox(STARTED + renamed + finish).out())
        .isEqualTo(MOVED.substring(MOVED.indexOf("exit 0")));
    assertThat(
            sandbox(
                    STARTED
                        + renamed
                        + "rm -r /var/lib/etcd/member\n"
                        + script("etcd-set-aside")
                        + " r1; echo \"exit $?\"; ls /var/lib/etcd\n")
                .out())
        .isEqualTo("exit 0\n");
    // other data that was put aside before
    assertThat(
            sandbox(
                    STARTED
                        + "mkdir -p %1$s/member/snap; echo older > %1$s/member/snap/db\n"
                            .formatted(kept)
                        + finish)
                .out())
        .isEqualTo(
            """
            aside /var/lib/mainstay/backup/etcd-r1-2/member
            exit 0
            r1 abc done
            member
            ./etcd-r1-2/member/snap/db:before
            ./etcd-r1/member/snap/db:older
            """);
  }

  /** Runs {@code lines} in a network of its own, where m2 and m3 listen and m4 to m6 do not. */
  private Result amongOthers(String lines) throws Exception {
    return sandbox(
        NO_ETCD
            + """
            rm /var/lib/mainstay/etcd-restore/state
            cat > /usr/local/bin/etcdctl <<'EOF'
            #!/bin/bash
            case $* in *m3.demo.internal*) echo '[{"Status":{"header":{"revision":5000},"leader":0}}]' ;; *m?.demo.internal*) exit 1 ;; esac
            EOF
            echo '192.0.2.3 m3.demo.internal m3' >> /etc/hosts
            cat > /run/within <<'EOF'
            ip link set lo up
            ip link add v0 type veth peer name v1
            for address in 1 2 3 4; do ip address add 192.0.2.$address/24 dev v0; done
            ip link set v0 up; ip link set v1 up
            for address in 5 6; do ip neigh add 192.0.2.$address lladdr 02:00:00:00:00:01 dev v0; done
            listen() {
              : > /run/ready
              perl -MIO::Socket::INET -e '
                $socket = IO::Socket::INET->new(LocalAddr => $ARGV[0], Listen => 8) or die; print "ready\n"; close STDOUT; sleep 45' "$1" > /run/ready &
              until grep -q ready /run/ready; do sleep 0.05; done
            }
            listen 192.0.2.2:10250
            listen 192.0.2.3:2379
            EOF
            cat >> /run/within <<'EOF'
            %s
            kill $(jobs -p)
            EOF
            unshare -n bash /run/within
            """
                .formatted(lines));
  }

  private static final String M2 = " m2.demo.internal 192.0.2.2";
  // its address is another one than that in the file
  private static final String M3 = " m3.demo.internal 192.0.2.4";
  private static final String SILENT =
      " m4.demo.internal 192.0.2.4 m5.demo.internal 192.0.2.5 m6.demo.internal 192.0.2.6";
  private static final String ALIVE = "alive, though the control machine does not reach it: ";

  @Test
  void whoLivesIsFoundByAnyPortOfAMasterWhereverItsNameLeads() throws Exception {
    Result result = amongOthers(script("etcd-others") + SILENT + M2 + M3 + "; echo \"exit $?\"");
    assertThat(result.out()).isEqualTo("exit 6\n");
    assertThat(result.err())
        .isEqualTo(ALIVE + "m2 (port 10250) m3 (etcd with data up to revision 5000, port 2379)\n");
  }

  @Test
  void whoDoesNotAnswerCostsNoMoreThanOneOfThem() throws Exception {
    Result result =
        amongOthers(
            "begin=$SECONDS; "
                + script("etcd-others")
                + SILENT
                + "; echo \"exit $?\"; [ $((SECONDS - begin)) -lt 8 ] && echo soon");
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo("exit 0\nsoon\n");
  }

  @Test
  void aSurvivorIsNotRebuiltWhileAnotherMasterLivesThatOnlyItselfReaches() throws Exception {
    String rebuild =
        script("etcd-rebuild") + " r1 m1.demo.internal 1000000000" + M2 + "; echo \"exit $?\"\n";
    String state = "/var/lib/mainstay/etcd-restore/state";
    String look =
        "cat /run/calls /var/lib/etcd/member/data; ls /var/lib/etcd /var/lib/mainstay/etcd-restore";
    Result fresh = amongOthers(rebuild + look);
    assertThat(fresh.err()).isEqualTo(ALIVE + "m2 (port 10250)\n");
    assertThat(fresh.out())
        .isEqualTo(
            """
            exit 6
            old
            /var/lib/etcd:
            mainstay-restored
            member

            /var/lib/mainstay/etcd-restore:
            """);
    // nor does a recovery go on that broke off
    for (String stage : List.of("prepared", "swapped")) {
      Result begun =
          amongOthers(
              "echo 'r1 recover %1$s' > %2$s\n".formatted(stage, state)
                  + rebuild
                  + "cat /run/calls /var/lib/etcd/member/data "
                  + state);
      assertThat(begun.err()).isEqualTo(ALIVE + "m2 (port 10250)\n");
      assertThat(begun.out()).isEqualTo("exit 6\nold\nr1 recover " + stage + "\n");
    }
    // once it serves who is alive may well be of its cluster
    Result started =
        amongOthers(
            "echo 'r1 recover started' > %s\n".formatted(state)
                + "echo 'echo ok' >> /usr/local/bin/kubectl\n"
                + rebuild
                + "cat "
                + state);
    assertThat(started.out()).contains("\nexit 0\nr1 recover started\n");
  }

  // the script by which a master backs up its own etcd

  /** A master whose etcd does not answer, with that script. */
  private String ownBackup(Duration every, int keep) throws IOException {
    String text =
        EtcdBackupFiles.of(new EtcdBackupSpec(Optional.of(every), keep)).stream()
            .filter(file -> file.path().equals(EtcdBackupFiles.SCRIPT))
            .findFirst()
            .orElseThrow()
            .content();
    Files.writeString(folder.resolve("etcd-backup.sh"), text);
    return NO_ETCD
        + "echo provisioned > /etc/mainstay/stage\n"
        + "echo '{\"cluster\":\"demo\",\"node\":\"m1\"}' > /etc/mainstay/node.json\n"
        + "cp %s /etc/mainstay/\n".formatted(folder.resolve("etcd-backup.sh"));
  }

  @Test
  void metricsAreNotWrittenThroughALinkOfWhoeverOwnsTheirFolder() throws Exception {
    Result result =
        sandbox(
            ownBackup(Duration.ofDays(1), 3)
                + """
                umask 022
                debian=/var/lib/prometheus/node-exporter upstream=/var/lib/node_exporter/textfile_collector
                mkdir -p $debian $upstream /etc/theirs
                (umask 077; echo secret > /etc/theirs/key)
                ln -s /etc/theirs/key $debian/.mainstay-etcd-backup.new
                ln -s /etc/theirs $debian/mainstay-etcd-backup.prom
                mkdir $upstream/.mainstay-etcd-backup.new
                bash /etc/mainstay/etcd-backup.sh; echo "exit $?"
                cat /etc/theirs/key; stat -c %a /etc/theirs/key; ls -A /etc/theirs $debian $upstream
                stat -c '%F %a' $debian/mainstay-etcd-backup.prom /var/lib/mainstay/metrics/mainstay-etcd-backup.prom
                grep last_try_ok{ $debian/mainstay-etcd-backup.prom
                """);
    assertThat(result.out())
        .isEqualTo(
            """
            exit 75
            secret
            600
            /etc/theirs:
            key

            /var/lib/node_exporter/textfile_collector:
            .mainstay-etcd-backup.new

            /var/lib/prometheus/node-exporter:
            mainstay-etcd-backup.prom
            regular file 644
            regular file 644
            mainstay_etcd_backup_last_try_ok{cluster="demo",node="m1"} 0
            """);
    assertThat(result.err())
        .contains("the metrics cannot be written into /var/lib/node_exporter/textfile_collector\n");
  }

  /** What the script leaves of an own backup of {@code day}, or in place of its record. */
  private static String left(String day, String record) {
    return """
    printf '%%s' '%2$s' > /var/lib/mainstay/etcd-backups/demo-m1-%1$s.db.json
    echo db > /var/lib/mainstay/etcd-backups/demo-m1-%1$s.db
    """
        .formatted(day, record);
  }

  private static String record(String at) {
    return "{\"format\":1,\"at\":\"%s\",\"revision\":4,\"keys\":2,\"size\":3,\"sha256\":\"%s\"}\n"
        .formatted(at, sha256("db\n"));
  }

  @Test
  void aRecordThatAPowerCutToreIsNoFreshBackup() throws Exception {
    String folders = "mkdir -p /var/lib/mainstay/etcd-backups\n";
    String due = "bash /etc/mainstay/etcd-backup.sh --due; echo \"exit $?\"\n";
    String old = left("20200101T000000Z", record("2020-01-01T00:00:00Z"));
    String future = left("29990101T000000Z", record("2999-01-01T00:00:00Z"));
    for (String torn : List.of("", record("2999-01-01T00:00:00Z").substring(0, 60))) {
      Result result =
          sandbox(
              ownBackup(Duration.ofDays(365), 3)
                  + folders
                  + old
                  + left("29990101T000000Z", torn)
                  + due
                  + "grep -E '(kept|success_seconds){' /var/lib/mainstay/metrics/*.prom\n");
      assertThat(result.out())
          .isEqualTo(
              """
              exit 75
              mainstay_etcd_backup_last_success_seconds{cluster="demo",node="m1"} 1577836800
              mainstay_etcd_backup_kept{cluster="demo",node="m1"} 1
              """);
    }
    // nor is one that is dated in the future: the clock was ahead when it was taken
    assertThat(sandbox(ownBackup(Duration.ofDays(365), 3) + folders + old + future + due).out())
        .isEqualTo("exit 75\n");
    assertThat(sandbox(ownBackup(Duration.ofDays(365), 3) + folders + future + due).out())
        .isEqualTo("exit 75\n");
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    String fresh = left(now.toString().replaceAll("[:-]", ""), record(now.toString()));
    assertThat(sandbox(ownBackup(Duration.ofDays(365), 3) + folders + future + fresh + due).out())
        .startsWith("the last backup is fresh: /var/lib/mainstay/etcd-backups/demo-m1-2")
        .endsWith("exit 0\n");
  }

  /** That script where no etcd is needed to take a snapshot of. */
  private String ownBackupOfNothing(int keep) throws IOException {
    Path script = folder.resolve("etcd-backup.sh");
    String setUp = ownBackup(Duration.ofDays(1), keep);
    Files.writeString(
        script,
        Files.readString(script)
            .replace(
                "# not a master yet, or no longer\n",
                """
                take_snapshot() { echo db > "$scratch/snapshot.db"; revision=4 compacted=1 hash=5 keys=2 members=1; }
                """));
    return setUp;
  }

  @Test
  void copiesOfAnothersBackupsAndThoseOfATimeToComeDoNotDisplaceTheOneJustMade() throws Exception {
    String others = "";
    for (String day : List.of("29980101", "29980102", "29980103")) {
      others +=
          left(day + "T000000Z", record("2998-01-01T00:00:00Z")).replace("demo-m1-", "demo-m2-");
    }
    Result result =
        sandbox(
            ownBackupOfNothing(3)
                + "mkdir -p /var/lib/mainstay/etcd-backups\n"
                + others
                + left("20200101T000000Z", record("2020-01-01T00:00:00Z"))
                + left("20200103T000000Z", record("2020-01-03T00:00:00Z"))
                + left("29990101T000000Z", record("2999-01-01T00:00:00Z"))
                + left("29990102T000000Z", record("2999-01-02T00:00:00Z"))
                + """
                bash /etc/mainstay/etcd-backup.sh --due > /dev/null; echo "exit $?"
                ls /var/lib/mainstay/etcd-backups | grep -v json | sed -E 's/m1-20(2[1-9]|[3-9].)[^.]*/m1-NOW/'
                grep -E '(kept|ok){' /var/lib/mainstay/metrics/*.prom
                """);
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            exit 0
            demo-m1-20200101T000000Z.db
            demo-m1-20200103T000000Z.db
            demo-m1-NOW.db
            demo-m2-29980101T000000Z.db
            demo-m2-29980102T000000Z.db
            demo-m2-29980103T000000Z.db
            mainstay_etcd_backup_kept{cluster="demo",node="m1"} 3
            mainstay_etcd_backup_last_try_ok{cluster="demo",node="m1"} 1
            """);
  }

  @Test
  void aRecordIsOnDiskBeforeItCountsAndWhatIsOlderThanTheKeptOnesGoes() throws Exception {
    Result result =
        sandbox(
            ownBackupOfNothing(2)
                + "mkdir -p /var/lib/mainstay/etcd-backups\n"
                + left("20200101T000000Z", record("2020-01-01T00:00:00Z"))
                + left("20200102T000000Z", "")
                + left("20200103T000000Z", record("2020-01-03T00:00:00Z"))
                + left("20200104T000000Z", "")
                + """
                rm /var/lib/mainstay/etcd-backups/demo-m1-20200102T000000Z.db.json
                echo mine > /var/lib/mainstay/etcd-backups/before-upgrade.db
                cat > /usr/local/bin/sync <<'EOF'
                #!/bin/bash
                [ ! -s "$1" ] || echo "sync ${1##*/}" | sed 's/-m1-[^.]*/-m1-NOW/' >> /run/calls
                EOF
                chmod 755 /usr/local/bin/sync
                bash /etc/mainstay/etcd-backup.sh > /dev/null; echo "exit $?"
                ls /var/lib/mainstay/etcd-backups | sed -E 's/m1-20(2[1-9]|[3-9].)[^.]*/m1-NOW/'
                grep '^sync demo' /run/calls
                """);
    assertThat(result.out())
        .isEqualTo(
            """
            exit 0
            before-upgrade.db
            demo-m1-20200103T000000Z.db
            demo-m1-20200103T000000Z.db.json
            demo-m1-20200104T000000Z.db
            demo-m1-20200104T000000Z.db.json
            demo-m1-NOW.db
            demo-m1-NOW.db.json
            sync demo-m1-NOW.db.part
            sync demo-m1-NOW.db.json.part
            """);
  }

  @Test
  void aFileThatIsNotWantedIsTakenAway() throws Exception {
    String input =
        HostFile.absent("/etc/systemd/system/mainstay-etcd-backup.timer").line()
            + HostFile.absent("/etc/mainstay/never-was").line();
    Result result =
        sandbox(
            """
            mkdir -p /etc/systemd/system; touch /etc/systemd/system/mainstay-etcd-backup.timer
            %s; echo "exit $?"
            ls /etc/systemd/system
            grep timer /run/calls
            """
                .formatted(fed("configure", input, sha256("127.0.0.1 localhost\n"), "-")));
    assertThat(result.out())
        .describedAs(result.err())
        .startsWith("exit 0\nsystemctl disable -q --now mainstay-etcd-backup.timer\n");
  }

  @Test
  void whereBackupsAreNoLongerWantedNothingTellsOfTheirAgeAnyMore() throws Exception {
    StringBuilder input = new StringBuilder();
    EtcdBackupFiles.of(new EtcdBackupSpec(Optional.empty(), 3))
        .forEach(file -> input.append(file.line()));
    Result result =
        sandbox(
            """
            mkdir -p /etc/systemd/system; touch %1$s %2$s %3$s
            for folder in mainstay/metrics prometheus/node-exporter node_exporter/textfile_collector; do
              mkdir -p /var/lib/$folder; touch /var/lib/$folder/mainstay-etcd-backup.prom /var/lib/$folder/theirs.prom
            done
            mkdir /var/lib/mainstay/etcd-backups; touch /var/lib/mainstay/etcd-backups/demo.db
            %4$s; echo "exit $?"
            ls /etc/systemd/system /etc/mainstay
            find /var/lib -name '*.prom' | sort; ls /var/lib/mainstay/etcd-backups
            grep etcd-backup /run/calls
            """
                .formatted(
                    EtcdBackupFiles.TIMER,
                    EtcdBackupFiles.SERVICE,
                    EtcdBackupFiles.SCRIPT,
                    fed("configure", input.toString(), "x", "-")));
    assertThat(result.out())
        .describedAs(result.err())
        .isEqualTo(
            """
            exit 0
            /etc/mainstay:

            /etc/systemd/system:
            /var/lib/mainstay/metrics/theirs.prom
            /var/lib/node_exporter/textfile_collector/theirs.prom
            /var/lib/prometheus/node-exporter/theirs.prom
            demo.db
            systemctl disable -q --now mainstay-etcd-backup.timer
            systemctl stop mainstay-etcd-backup.service
            """);
  }

  // sign-user.sh

  /** A kubectl that answers a look at the request with {@code answer}, from the second look on. */
  private String signing(String answer) throws IOException {
    return """
    mkdir -p /etc/kubernetes/pki; echo CA > /etc/kubernetes/pki/ca.crt
    cat > /usr/local/bin/kubectl <<'EOF'
    #!/bin/bash
    shift 4
    while [ "$1" = --request-timeout ]; do shift 2; done
    echo "$*" >> /run/calls
    case $1 in
      get) [ ! -e /run/looked ] || echo -n '%s'; touch /run/looked ;;
    esac
    EOF
    %s; echo "exit $?"
    grep -c '^get' /run/calls
    grep -v '^get' /run/calls | sed 's|/run/mainstay/input.*|FILE|'
    ls /run/mainstay
    """
        .formatted(answer, fed("sign-user", "{}", "mainstay-1"));
  }

  @Test
  void aSignedRequestIsTakenAwayAgain() throws Exception {
    assertThat(sandbox(signing("certificate Q0VSVA==")).out())
        .isEqualTo(
            """
            authority Q0EK
            certificate Q0VSVA==
            exit 0
            2
            create -f FILE
            certificate approve mainstay-1
            delete certificatesigningrequest mainstay-1 --ignore-not-found --wait=false
            """);
  }

  @Test
  void aRequestThatTheSignerRefusesIsTakenAwayToo() throws Exception {
    Result refused = sandbox(signing("refused Failed: no such signer"));
    assertThat(refused.err()).isEqualTo("the cluster's signer says Failed: no such signer\n");
    assertThat(refused.out())
        .startsWith("exit 1\n")
        .endsWith("delete certificatesigningrequest mainstay-1 --ignore-not-found --wait=false\n");
  }

  @Test
  void anObservationReadsTheClassOfTheProxysConfigurationAndAsksMastersSideBySide()
      throws Exception {
    String config =
        ProxyConfig.render(
                Fixture.spec(3, 1),
                Fixture.node(Fixture.spec(3, 1), "w1"),
                ProxyConfig.Mode.OTHERS,
                ProxyTimeouts.FAR)
            .content();
    // to a broadcast address there is no way: such a master does not answer
    Result result =
        sandbox(
            """
            echo ID=debian > /etc/os-release
            cp %s /etc/mainstay/haproxy.cfg
            %s 0 /etc/mainstay/haproxy.cfg 127.0.0.1 127.0.0.2 255.255.255.255 > /run/said
            grep -E '^(master-asked|round-trip|round-trip-class|file) ' /run/said | sed 's/ [0-9]*$//' | sort -u
            """
                .formatted(input(config), script("observe")));
    assertThat(result.out())
        .isEqualTo(
            """
            file %s /etc/mainstay/haproxy.cfg
            master-asked 127.0.0.1
            master-asked 127.0.0.2
            master-asked 255.255.255.255
            round-trip 127.0.0.1
            round-trip 127.0.0.2
            round-trip-class
            """
                .formatted(HostFile.sha256(config)));
  }

  /**
   * A proxy that does not know the host resets what it took, and the kernel forgets what it
   * measured: our own clock, which a busy host holds up, says nothing then.
   */
  @Test
  void anObservationAsksTheApiserversPortWhereTheProxyResets() throws Exception {
    InetAddress master = InetAddress.ofLiteral("127.0.9.1");
    InetAddress other = InetAddress.ofLiteral("127.0.9.2");
    String observe =
        """
        echo ID=debian > /etc/os-release
        cat > /usr/local/bin/ss <<'EOF'
        #!/bin/bash
        [ "$*" != '-Htin dst 127.0.9.1:6443' ] || echo ' cubic rtt:0.1/0.05 minrtt:0.001 rcv_space:1'
        EOF
        chmod 755 /usr/local/bin/ss
        # it ends after a second, whether a busy machine was asked or not
        for try in 1 2 3 4 5; do
          %s 0 127.0.9.1 127.0.9.2 > /run/said
          ! grep -q '^round-trip ' /run/said || break
        done
        grep -E '^(master-asked|round-trip) ' /run/said | sort
        """
            .formatted(script("observe"));
    try (ServerSocket proxy = new ServerSocket(7444, 8, master);
        ServerSocket apiserver = new ServerSocket(6443, 8, master);
        ServerSocket proxyOfOther = new ServerSocket(7444, 8, other);
        ServerSocket apiserverOfOther = new ServerSocket(6443, 8, other)) {
      for (ServerSocket each : List.of(proxy, apiserver, proxyOfOther, apiserverOfOther)) {
        Thread.startVirtualThread(() -> closeAll(each));
      }
      assertThat(sandbox(observe).out())
          .isEqualTo(
              """
              master-asked 127.0.9.1
              master-asked 127.0.9.2
              round-trip 127.0.9.1 1
              """);
    }
  }

  private static void closeAll(ServerSocket listener) {
    while (!listener.isClosed()) {
      try (Socket taken = listener.accept()) {
        taken.setSoLinger(true, 0);
      } catch (IOException closed) {
        return;
      }
    }
  }

  @Test
  void aMastersEtcdSaysWhomItDoesNotReach() throws Exception {
    String observe =
        """
        echo ID=debian > /etc/os-release
        mkdir -p /etc/kubernetes/manifests
        touch /etc/kubernetes/manifests/etcd.yaml
        mount -t tmpfs sandbox /var/log
        mkdir -p /var/log/pods/kube-system_etcd-m1_0/etcd
        said() { # HOW_LONG_AGO PEER
          echo "2026 stderr F {\\"level\\":\\"warn\\",\\"ts\\":\\"$(date -u -d "$1 ago" +%FT%T).123Z\\",\\"caller\\":\\"rafthttp/probing_status.go:68\\",\\"msg\\":\\"prober detected unhealthy status\\",\\"round-tripper-name\\":\\"ROUND_TRIPPER_RAFT_MESSAGE\\",\\"remote-peer-id\\":\\"$2\\",\\"rtt\\":\\"5ms\\",\\"error\\":\\"dial tcp 10.77.0.12:2380: i/o timeout\\"}"
        }
        { @LOG@; } > /var/log/pods/kube-system_etcd-m1_0/etcd/0.log
        @OBSERVE@ 0 | grep ^cut-off
        """
            .replace("@OBSERVE@", script("observe"));
    try (ServerSocket etcd = new ServerSocket(2381, 8, InetAddress.ofLiteral("127.0.0.1"))) {
      Thread.startVirtualThread(
          () -> answer(etcd, "HTTP/1.0 200 OK\r\n\r\netcd_server_id{server_id=\"a1\"} 1\n"));
      Map.of(
              "said '3 seconds' b2; said '2 seconds' c3; said '1 second' b2", "cut-off a1 b2 c3\n",
              // it is reached again
              "said '1 minute' c3; said '5 seconds' b2", "cut-off a1 b2\n",
              "said '1 minute' c3; echo nothing", "")
          .forEach((log, said) -> {
            try {
              Result result = sandbox(observe.replace("@LOG@", log));
              assertThat(result.out()).as(log + result.err()).isEqualTo(said);
            } catch (IOException | InterruptedException broken) {
              throw new AssertionError(broken);
            }
          });
    }
  }

  private static void answer(ServerSocket listener, String text) {
    while (!listener.isClosed()) {
      try (Socket taken = listener.accept()) {
        assertThat(taken.getInputStream().read(new byte[1000])).isPositive();
        taken.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      } catch (IOException closed) {
        return;
      }
    }
  }

  @Test
  void anObservationWaitsForAStepOrSaysHowTheHostIsInTheMiddleOfIt() throws Exception {
    Result result =
        sandbox(
            """
            echo ID=debian > /etc/os-release
            mkdir -p /run/mainstay
            exec 5> /run/mainstay/step.lock
            flock 5
            %1$s 0 5>&- | grep -c '^hostname '
            status=0
            %1$s 1 5>&- > /dev/null || status=$?
            echo "exit $status"
            """
                .formatted(script("observe")));
    assertThat(result.out()).isEqualTo("1\nexit 1\n");
    assertThat(result.err()).contains("a step of an earlier run has been running on this host");
  }
}
