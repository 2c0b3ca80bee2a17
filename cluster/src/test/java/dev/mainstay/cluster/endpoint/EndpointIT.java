package dev.mainstay.cluster.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.mainstay.model.Address;
import dev.mainstay.model.NodeName;
import dev.mainstay.model.NodeSpec;
import dev.mainstay.model.Role;
import dev.mainstay.model.SshSpec;
import dev.mainstay.ssh.Channel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An endpoint over three masters of this process, on 127.0.0.11 and on. */
@Timeout(60)
final class EndpointIT {
  private static final String NAME = "api.demo.internal";

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Map<String, FakeMaster> masters = new HashMap<>();
  private final List<NodeSpec> nodes = new ArrayList<>();
  private final List<Change> changes = new CopyOnWriteArrayList<>();
  private final TestAuthority authority = new TestAuthority();
  private int port;

  EndpointIT() throws Exception {}

  @BeforeEach
  void startMasters() throws Exception {
    SSLContext server = authority.server(NAME);
    for (int i = 1; i <= 3; i++) {
      String name = "m" + i;
      String address = "127.0.0.1" + i;
      FakeMaster master = FakeMaster.start(name, address, port, server);
      port = master.port();
      masters.put(name, master);
      open.add(master);
      nodes.add(
          new NodeSpec(new NodeName(name), Role.MASTER, new Address(address), SshSpec.DEFAULT));
    }
  }

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable one : open.reversed()) {
      one.close();
    }
  }

  private FakeMaster master(String name) {
    FakeMaster master = masters.get(name);
    if (master == null) {
      throw new AssertionError(name);
    }
    return master;
  }

  private Endpoint endpoint() throws Exception {
    return endpoint(_ -> new Route.Direct(port));
  }

  private Endpoint endpoint(Function<NodeSpec, Route> routes) throws Exception {
    Endpoint endpoint =
        Endpoint.open(nodes, routes, 0, NAME, node -> authority.client(), changes::add);
    open.add(endpoint);
    endpoint.awaitFirstLook(Duration.ofSeconds(10));
    return endpoint;
  }

  /** A client's connection, in lines. */
  private final class Client implements AutoCloseable {
    final Socket socket;
    final BufferedReader in;

    Client(Endpoint endpoint) throws IOException {
      socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), endpoint.port());
      open.add(this);
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** What comes back for {@code line}; it ends, or throws, where the connection was closed. */
    String say(String line) throws IOException {
      socket.getOutputStream().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      return String.valueOf(in.readLine());
    }

    /** The master that answers. */
    String master() throws IOException {
      String answer = say("who");
      return answer.substring(0, answer.indexOf(' '));
    }

    boolean isClosed() {
      try {
        return in.readLine() == null;
      } catch (IOException reset) {
        return true;
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  /** One client a master, by the master's name. */
  private Map<String, Client> clientOfEach(Endpoint endpoint) throws IOException {
    Map<String, Client> clients = new LinkedHashMap<>();
    for (int i = 0; i < masters.size(); i++) {
      Client client = new Client(endpoint);
      clients.put(client.master(), client);
    }
    assertThat(clients).hasSize(masters.size());
    return clients;
  }

  private void hear(String master, MasterState state) {
    await()
        .atMost(Duration.ofSeconds(15))
        .until(() ->
            changes.stream()
                .anyMatch(one -> one.master().value().equals(master) && one.state() == state));
  }

  @Test
  void connectionsAreSharedByAllMasters() throws Exception {
    Endpoint endpoint = endpoint();
    assertThat(endpoint.masters().values()).containsOnly(MasterState.READY);
    Set<String> answered = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      answered.add(new Client(endpoint).master());
    }
    assertThat(answered).containsExactlyInAnyOrder("m1", "m2", "m3");
    assertThat(changes).isEmpty();
  }

  /** To a master whose own port is walled in. */
  private record Around(Route.Direct way) implements Route {
    @Override
    public String word() {
      return "ssh";
    }

    @Override
    public Duration patience() {
      return way.patience();
    }

    @Override
    public Channel open(NodeSpec master, Duration deadline) throws IOException {
      return way.open(master, deadline);
    }
  }

  @Test
  void eachMasterIsReachedItsOwnWay() throws Exception {
    Endpoint endpoint =
        endpoint(node ->
            node.name().value().equals("m2")
                ? new Around(new Route.Direct(port))
                : new Route.Direct(port));
    assertThat(endpoint.mode()).isEqualTo("mixed");
    assertThat(nodes).extracting(endpoint::mode).containsExactly("direct", "ssh", "direct");
    master("m1").kill();
    master("m3").kill();
    hear("m1", MasterState.DOWN);
    hear("m3", MasterState.DOWN);
    assertThat(new Client(endpoint).master()).isEqualTo("m2");
  }

  @Test
  void theEndOfOneDirectionIsPassedOn() throws Exception {
    Client client = new Client(endpoint());
    String master = client.master();
    client.socket.shutdownOutput();
    assertThat(client.in.readLine()).isEqualTo(master + " bye");
    assertThat(client.in.readLine()).isNull();
  }

  @Test
  void aDeadMasterIsLeftAndTakenAgainWhenItIsBackWhileIdleSessionsStay() throws Exception {
    Endpoint endpoint = endpoint();
    Map<String, Client> clients = clientOfEach(endpoint);
    String dead = "m2";
    master(dead).kill();
    Client lost = clients.remove(dead);
    assertThat(lost != null && lost.isClosed()).isTrue();
    // at once, also before it is known that it is dead
    assertThat(new Client(endpoint).master()).isNotEqualTo(dead);
    hear(dead, MasterState.DOWN);
    master(dead).restart();
    hear(dead, MasterState.READY);
    assertThat(new Client(endpoint).master()).isEqualTo(dead);
    // some seconds with not a word said, and never cut
    for (Map.Entry<String, Client> idle : clients.entrySet()) {
      assertThat(idle.getValue().master()).isEqualTo(idle.getKey());
    }
    assertThat(changes).hasSize(2);
  }

  @Test
  void aKilledMasterThatStartsAgainGetsNoConnectionBeforeItIsReady() throws Exception {
    Endpoint endpoint = endpoint();
    long start = System.nanoTime();
    master("m1").kill();
    hear("m1", MasterState.DOWN);
    // 0.6 s by construction: sooner than an apiserver listens again
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    master("m1").readyz = 500;
    master("m1").restart();
    hear("m1", MasterState.DRAINING);
    for (int i = 0; i < 4; i++) {
      assertThat(new Client(endpoint).master()).isNotEqualTo("m1");
    }
    master("m1").readyz = 200;
    hear("m1", MasterState.READY);
    assertThat(new Client(endpoint).master()).isEqualTo("m1");
  }

  @Test
  void aFrozenMasterIsNoticedAndItsSessionsAreClosed() throws Exception {
    Endpoint endpoint = endpoint();
    Map<String, Client> clients = clientOfEach(endpoint);
    Client stuck = clients.get("m3");
    master("m3").freeze();
    long start = System.nanoTime();
    assertThat(stuck != null && stuck.isClosed()).isTrue();
    Duration noticed = Duration.ofNanos(System.nanoTime() - start);
    // 2 s by construction; the machine that tests this may be busy
    assertThat(noticed).isLessThan(Duration.ofMillis(3500));
    hear("m3", MasterState.DOWN);
    Change change = changes.getFirst();
    assertThat(change.sessions()).isEqualTo(1);
    assertThat(change.why()).isEqualTo("no TLS handshake within a second");
    for (int i = 0; i < 4; i++) {
      assertThat(new Client(endpoint).master()).isNotEqualTo("m3");
    }
    master("m3").thaw();
    hear("m3", MasterState.READY);
  }

  @Test
  void aFrozenMasterIsNoticedThoughClientsComeAllTheTime() throws Exception {
    Endpoint endpoint = endpoint();
    master("m3").freeze();
    await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          open.add(new Socket(InetAddress.ofLiteral("127.0.0.1"), endpoint.port()));
          return changes.stream().anyMatch(one -> one.state() == MasterState.DOWN);
        });
    assertThat(changes.getFirst().master().value()).isEqualTo("m3");
    master("m3").thaw();
  }

  @Test
  void whatAllMastersEtcdsLackTogetherEndsNoSession() throws Exception {
    Endpoint endpoint = endpoint();
    Map<String, Client> clients = clientOfEach(endpoint);
    for (FakeMaster one : masters.values()) {
      one.readyzText = "[-]etcd failed: reason withheld\n";
      one.readyz = 500;
    }
    masters.keySet().forEach(name -> hear(name, MasterState.DRAINING));
    for (Map.Entry<String, Client> kept : clients.entrySet()) {
      assertThat(kept.getValue().master()).isEqualTo(kept.getKey());
    }
  }

  @Test
  void whereNoMastersEtcdAnswersClientsAreRefusedAndOtherLacksAreNoReason() throws Exception {
    Endpoint endpoint = endpoint();
    for (FakeMaster one : masters.values()) {
      one.readyzText = "[-]etcd failed: reason withheld\n";
      one.readyz = 500;
    }
    masters.keySet().forEach(name -> hear(name, MasterState.DRAINING));
    assertThat(changes)
        .extracting(Change::why)
        .allMatch(why -> why.contains("its etcd does not answer"));
    assertThat(new Client(endpoint).isClosed()).isTrue();
    master("m2").readyzText = "[-]poststarthook/rbac failed: reason withheld\n";
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(new Client(endpoint).say("who")).startsWith("m2 "));
    master("m2").readyz = 200;
    hear("m2", MasterState.READY);
  }

  @Test
  void sessionsOutliveThatAllMastersFallAtOnce() throws Exception {
    Map<String, Client> clients = clientOfEach(endpoint());
    masters.values().forEach(FakeMaster::freeze);
    masters.keySet().forEach(name -> hear(name, MasterState.DOWN));
    assertThat(changes).extracting(Change::sessions).containsOnly(0);
    masters.values().forEach(FakeMaster::thaw);
    masters.keySet().forEach(name -> hear(name, MasterState.READY));
    for (Map.Entry<String, Client> kept : clients.entrySet()) {
      assertThat(kept.getValue().master()).isEqualTo(kept.getKey());
    }
  }

  @Test
  void whatIsStillDownWhenAnotherIsBackLosesItsSessions() throws Exception {
    Map<String, Client> clients = clientOfEach(endpoint());
    masters.values().forEach(FakeMaster::freeze);
    masters.keySet().forEach(name -> hear(name, MasterState.DOWN));
    master("m1").thaw();
    hear("m1", MasterState.READY);
    Client kept = clients.remove("m1");
    assertThat(clients.values()).allMatch(Client::isClosed);
    assertThat(kept == null ? "" : kept.master()).isEqualTo("m1");
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThat(changes)
                .filteredOn(change -> change.sessions() == 1)
                .extracting(change -> change.master().value())
                .containsExactlyInAnyOrder("m2", "m3"));
    master("m2").thaw();
    master("m3").thaw();
  }

  @Test
  void aDrainingMasterKeepsItsSessionsAndGetsNoNewOnes() throws Exception {
    Endpoint endpoint = endpoint();
    Map<String, Client> clients = clientOfEach(endpoint);
    master("m1").readyz = 500;
    hear("m1", MasterState.DRAINING);
    assertThat(changes.getFirst().why()).isEqualTo("/readyz says 500");
    Client kept = clients.get("m1");
    assertThat(kept == null ? "" : kept.master()).isEqualTo("m1");
    for (int i = 0; i < 4; i++) {
      assertThat(new Client(endpoint).master()).isNotEqualTo("m1");
    }
    // and where all are, they serve
    master("m2").readyz = 500;
    master("m3").readyz = 500;
    hear("m2", MasterState.DRAINING);
    hear("m3", MasterState.DRAINING);
    assertThat(new Client(endpoint).master()).isEqualTo("m1");
  }

  @Test
  void whoMayNotAskForReadinessIsNoReasonToLeaveAMaster() throws Exception {
    masters.values().forEach(master -> master.readyz = 403);
    assertThat(endpoint().masters().values()).containsOnly(MasterState.READY);
  }

  @Test
  void anApiserverThatDoesNotKnowYetWhoMayDoWhatGetsNoConnections() throws Exception {
    Endpoint endpoint = endpoint();
    master("m1").kill();
    hear("m1", MasterState.DOWN);
    changes.clear();
    master("m1").readyz = 403;
    master("m1").restart();
    hear("m1", MasterState.DRAINING);
    assertThat(changes).extracting(Change::state).doesNotContain(MasterState.READY);
    for (int i = 0; i < 4; i++) {
      assertThat(new Client(endpoint).master()).isNotEqualTo("m1");
    }
    master("m1").readyz = 200;
    hear("m1", MasterState.READY);
  }

  @Test
  void whereRequestsWouldHangSessionsAreClosedWhileAnotherMasterIsWell() throws Exception {
    Endpoint endpoint = endpoint();
    Map<String, Client> clients = clientOfEach(endpoint);
    Client hanging = clients.get("m1");
    master("m1").readyzText = "[-]etcd failed: reason withheld\n";
    master("m1").readyz = 500;
    assertThat(hanging != null && hanging.isClosed()).isTrue();
    hear("m1", MasterState.DRAINING);
    assertThat(changes.stream().mapToInt(Change::sessions).sum()).isEqualTo(1);
    Client kept = clients.get("m2");
    assertThat(kept == null ? "" : kept.master()).isEqualTo("m2");
  }

  @Test
  void aMasterThatAnswersItsClientsIsNotTakenForDead() throws Exception {
    Endpoint endpoint = endpoint();
    Client client = clientOfEach(endpoint).get("m2");
    master("m2").busy = true;
    // twice as long as a frozen one is waited for
    await()
        .pollInterval(Duration.ofMillis(100))
        .during(Duration.ofSeconds(4))
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(client == null ? "" : client.master()).isEqualTo("m2"));
    assertThat(changes).extracting(Change::state).containsOnly(MasterState.DRAINING);
    for (int i = 0; i < 4; i++) {
      assertThat(new Client(endpoint).master()).isNotEqualTo("m2");
    }
    // and when it says nothing any more
    assertThat(client != null && client.isClosed()).isTrue();
    hear("m2", MasterState.DOWN);
  }

  @Test
  void whenAllAreDownTheyAreTriedAndThenRefusedFast() throws Exception {
    Endpoint endpoint = endpoint();
    for (FakeMaster master : masters.values()) {
      master.kill();
    }
    for (String name : List.of("m1", "m2", "m3")) {
      hear(name, MasterState.DOWN);
    }
    long start = System.nanoTime();
    assertThat(new Client(endpoint).isClosed()).isTrue();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void whatLooksDownIsTheLastResort() throws Exception {
    SSLContext another = new TestAuthority().server(NAME);
    masters.values().forEach(master -> master.proves(another));
    Endpoint endpoint = endpoint();
    assertThat(endpoint.masters().values()).containsOnly(MasterState.DOWN);
    assertThat(endpoint.why(nodes.getFirst())).contains("no certificate of this cluster");
    assertThat(new Client(endpoint).master()).startsWith("m");
  }

  @Test
  void aMasterThatProvesAnotherNameIsNotTaken() throws Exception {
    master("m2").proves(authority.server("api.other.internal"));
    assertThat(endpoint().masters().values())
        .containsExactly(MasterState.READY, MasterState.DOWN, MasterState.READY);
  }

  @Test
  void aTakenPortIsSaid() throws Exception {
    Endpoint first = endpoint();
    assertThatThrownBy(() ->
            Endpoint.open(
                nodes,
                _ -> new Route.Direct(port),
                first.port(),
                NAME,
                node -> authority.client(),
                changes::add))
        .isInstanceOf(BindException.class);
  }

  @Test
  void closingEndsEverySession() throws Exception {
    Endpoint endpoint = endpoint();
    Client client = new Client(endpoint);
    client.master();
    int port = endpoint.port();
    endpoint.close();
    assertThat(client.isClosed()).isTrue();
    // the port is given back by the thread that listens, once it wakes
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() ->
            assertThatThrownBy(() -> new Socket(InetAddress.ofLiteral("127.0.0.1"), port).close())
                .isInstanceOf(IOException.class));
  }
}
