package dev.mainstay.cluster.endpoint;

import dev.mainstay.model.NodeSpec;
import dev.mainstay.ssh.Channel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Mutable: a port on 127.0.0.1 that leads to a master which is alive.
 *
 * <pre>
 * for each connection:
 *   1. take the masters in the order of Choice; none whose etcd does not answer: requests hang there
 *   2. open the way to the first one; where that fails, at once to the next one; refuse after the last
 *   3. copy both ways; an end of one direction is passed on as such; nothing is ever cut for being idle
 * for each master, every half second, a tenth after something went wrong, every second while it is down:
 *   4. open the way, make a TLS handshake within a second; every other time ask for /readyz within three
 *   5. two looks in a row change what is held of it (Vitals)
 *   6. where it is down, and another one has answered since it began to fail, close the connections
 *      that it had: clients connect again, and come to another one. The same where its etcd does not
 *      answer and another one is well
 * </pre>
 *
 * Looks begin each half second whether or not the last one has ended, so that a frozen master is
 * known after two seconds at the most. Where all masters fall silent at once it is this machine's
 * own network that pauses, and connections may outlive that: clients would have nowhere else to go.
 * What passes is TLS from end to end: clients check the certificate themselves, and nothing that a
 * look learned is trusted any further.
 */
public final class Endpoint implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Duration INTERVAL_DOUBT = Duration.ofMillis(100);
  private static final Duration INTERVAL_DOWN = Duration.ofSeconds(1);
  private static final Duration UNKNOWN_ROUND_TRIP = Duration.ofMillis(250);
  private static final Duration LONGEST_ROUND_TRIP = Duration.ofSeconds(1);
  private static final int ROUND_TRIPS = 3;
  private static final int BACKLOG = 128;

  private final ServerSocket listener;
  private final Map<NodeSpec, Member> members = new LinkedHashMap<>();
  private final BlockingQueue<Change> changes = new LinkedBlockingQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private long choices;
  private volatile boolean closed;

  /** Mutable, under the endpoint's lock: one master. */
  private static final class Member {
    final NodeSpec node;
    final Route route;
    final Probe probe;
    final Set<Session> sessions = new LinkedHashSet<>();
    // those that it had when it fell, for as long as it is down and they are not closed
    final Set<Session> stranded = new LinkedHashSet<>();
    final CountDownLatch seen = new CountDownLatch(1);
    final Semaphore doubt = new Semaphore(0);
    Vitals vitals = Vitals.NONE;
    MasterState told = MasterState.DOWN;
    Duration roundTrip = UNKNOWN_ROUND_TRIP;
    String why = "";
    int opening;
    long lastChosen;
    long aliveSeen;
    long readySeen;
    // when the last look that it answered began, and the first one that it did not answer since
    long answered;
    long failing;
    int downs;
    // when the last look began at which it was ready, and the first one since at which its etcd did
    // not answer
    OptionalLong well = OptionalLong.empty();
    OptionalLong hanging = OptionalLong.empty();

    Member(NodeSpec node, Route route, Probe probe) {
      this.node = node;
      this.route = route;
      this.probe = probe;
    }
  }

  /** A master for a new connection, and how often it had died when it was chosen. */
  private record Chosen(Member member, int downs) {}

  private Endpoint(ServerSocket listener) {
    this.listener = listener;
  }

  /**
   * Begins to listen and to look.
   *
   * @param routes the way to each master
   * @param port 0 for any that is free
   * @param name the cluster's endpoint's name, which masters' certificates must have
   * @param tls makes the same context anew for each master
   * @param told called for each change after the first look, one at a time
   * @throws IOException if the port cannot be had
   */
  public static Endpoint open(
      List<NodeSpec> masters,
      Function<NodeSpec, Route> routes,
      int port,
      String name,
      Function<NodeSpec, SSLContext> tls,
      Consumer<Change> told)
      throws IOException {
    ServerSocket listener = new ServerSocket();
    try {
      // a port whose last user's connections still fade away is free
      listener.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listener.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), BACKLOG);
    } catch (IOException taken) {
      listener.close();
      throw taken;
    }
    Endpoint endpoint = new Endpoint(listener);
    for (NodeSpec master : masters) {
      Probe probe = new Probe(master, name, tls.apply(master));
      endpoint.members.put(master, new Member(master, routes.apply(master), probe));
    }
    endpoint.start(told);
    return endpoint;
  }

  private void start(Consumer<Change> told) {
    for (Member member : members.values()) {
      threads.add(
          Thread.ofVirtual().name("watch-" + member.node.name()).start(() -> watch(member)));
    }
    threads.add(Thread.ofVirtual().name("tell").start(() -> tell(told)));
    threads.add(Thread.ofVirtual().name("accept").start(this::accept));
  }

  public int port() {
    return listener.getLocalPort();
  }

  /**
   * How connections reach masters: {@code direct} or {@code ssh}; {@code mixed} where they differ.
   */
  public String mode() {
    Set<String> words = new HashSet<>();
    members.values().forEach(member -> words.add(member.route.word()));
    return words.size() == 1 ? words.iterator().next() : "mixed";
  }

  /** How connections reach {@code master}, one of those that it was opened over. */
  public String mode(NodeSpec master) {
    return Objects.requireNonNull(members.get(master)).route.word();
  }

  /** What is held of each master now, in their order. */
  public synchronized Map<NodeSpec, MasterState> masters() {
    Map<NodeSpec, MasterState> states = new LinkedHashMap<>();
    members.forEach((node, member) -> states.put(node, member.vitals.state()));
    return states;
  }

  /** What was seen last of a master that is not ready; empty for others. */
  public synchronized String why(NodeSpec master) {
    Member member = members.get(master);
    return member == null ? "" : member.why;
  }

  /** Waits until every master was looked at once, and for {@code most} at the most. */
  public void awaitFirstLook(Duration most) throws InterruptedException {
    long deadline = System.nanoTime() + most.toNanos();
    for (Member member : members.values()) {
      boolean _ =
          member.seen.await(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    }
  }

  // connections

  private void accept() {
    while (!closed) {
      try {
        Socket client = listener.accept();
        Thread.ofVirtual().name("session").start(() -> serve(client));
      } catch (IOException broken) {
        // closed; or no descriptor is free, and one may be in a moment
        if (!closed && !pause(Duration.ofMillis(50))) {
          return;
        }
      }
    }
  }

  private void serve(Socket client) {
    try {
      client.setOption(StandardSocketOptions.TCP_NODELAY, true);
      client.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      Set<Member> tried = new HashSet<>();
      for (Chosen chosen = next(tried); chosen != null; chosen = next(tried)) {
        tried.add(chosen.member());
        if (connect(chosen, client)) {
          return;
        }
      }
      client.setSoLinger(true, 0); // a reset: refused, and not an answer that ended early
    } catch (IOException gone) {
      // the client went away while it was served
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      closeQuietly(client);
    }
  }

  /**
   * The best of those not tried yet, with a connection more to its account; null after the last.
   */
  private synchronized @Nullable Chosen next(Set<Member> tried) {
    List<Member> left = new ArrayList<>(members.values());
    // endpoints of many people do not all begin with the first master
    Collections.rotate(left, port());
    left.removeAll(tried);
    left.removeIf(
        member -> member.vitals.state() == MasterState.DRAINING && member.hanging.isPresent());
    List<Member> order =
        Choice.order(
            left.stream()
                .map(member ->
                    new Choice.Candidate<>(
                        member,
                        member.vitals.state(),
                        member.sessions.size() + member.opening,
                        member.lastChosen))
                .toList());
    if (order.isEmpty()) {
      return null;
    }
    Member best = order.getFirst();
    best.opening++;
    best.lastChosen = ++choices;
    return new Chosen(best, best.downs);
  }

  /** Connects and copies until the end; false where that master could not be had. */
  private boolean connect(Chosen chosen, Socket client) throws IOException, InterruptedException {
    Member member = chosen.member();
    Session session = null;
    try {
      Channel master = open(member);
      synchronized (this) {
        if (closed || member.downs != chosen.downs()) {
          master.close(); // it died in between
          return closed;
        }
        session = new Session(client, master);
        member.sessions.add(session);
      }
    } catch (IOException failed) {
      doubt(member, true);
      return false;
    } finally {
      synchronized (this) {
        member.opening--;
      }
    }
    try {
      session.copyBothWays();
      return true;
    } finally {
      synchronized (this) {
        member.sessions.remove(session);
        member.stranded.remove(session);
      }
      session.cut();
    }
  }

  /** Opens the way within what round trips were like so far, and learns from how long it took. */
  private Channel open(Member member) throws IOException, InterruptedException {
    Duration known;
    synchronized (this) {
      known = member.roundTrip;
    }
    Duration deadline = member.route.patience().plus(known.multipliedBy(ROUND_TRIPS));
    long start = System.nanoTime();
    try {
      Channel channel = member.route.open(member.node, deadline);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      synchronized (this) {
        member.roundTrip = member.roundTrip.plus(took).dividedBy(2);
      }
      return channel;
    } catch (IOException failed) {
      // it may have become farther away
      Duration doubled = known.multipliedBy(2).plusMillis(1);
      synchronized (this) {
        member.roundTrip = doubled.compareTo(LONGEST_ROUND_TRIP) < 0 ? doubled : LONGEST_ROUND_TRIP;
      }
      throw failed;
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException broken) {
      // nothing is left to be lost
    }
  }

  // looks

  private void watch(Member member) {
    for (long look = 1; !closed; look++) {
      long number = look;
      Thread.ofVirtual().name("look-" + member.node.name()).start(() -> look(member, number));
      boolean down;
      synchronized (this) {
        down = member.vitals.state() == MasterState.DOWN && member.seen.getCount() == 0;
      }
      try {
        Thread.sleep(INTERVAL_DOUBT);
        boolean _ =
            member.doubt.tryAcquire(
                (down ? INTERVAL_DOWN : INTERVAL).minus(INTERVAL_DOUBT).toMillis(),
                TimeUnit.MILLISECONDS);
        member.doubt.drainPermits();
      } catch (InterruptedException ended) {
        return;
      }
    }
  }

  private void look(Member member, long number) {
    long began = System.nanoTime();
    Probe.Listener result =
        new Probe.Listener() {
          @Override
          public void alive(boolean alive, String why) {
            seeAlive(member, number, began, alive, why);
          }

          @Override
          public void late() {
            seeLate(member, number, began);
          }

          @Override
          public void readyz(int status, boolean etcd) {
            seeReadyz(member, number, began, status, etcd);
          }

          @Override
          public void silent(String why) {
            seeReady(member, number, false, OptionalLong.empty(), why);
          }

          @Override
          public void unsure() {
            // the next look tells
          }
        };
    boolean readiness;
    synchronized (this) {
      // half as often where nothing is new: it asks etcd, too
      readiness = number % 2 == 1 || !member.vitals.isSteady();
    }
    try {
      member.probe.look(open(member), readiness, result);
    } catch (IOException failed) {
      result.alive(false, String.valueOf(failed.getMessage()));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void seeAlive(
      Member member, long number, long began, boolean alive, String why) {
    if (number < member.aliveSeen) {
      return; // a look that began later has told already
    }
    member.aliveSeen = number;
    if (alive) {
      member.answered = began;
    } else if (member.vitals.isAnswering()) {
      member.failing = began;
    }
    see(member, member.vitals.afterAlive(alive), why);
    doubt(member, !alive);
    if (member.vitals.state() == MasterState.DOWN) {
      member.seen.countDown();
    }
  }

  private synchronized void seeReady(
      Member member, long number, boolean ready, OptionalLong hanging, String why) {
    if (number < member.readySeen || member.vitals.state() == MasterState.DOWN) {
      return;
    }
    member.readySeen = number;
    member.hanging = hanging;
    see(member, member.vitals.afterReady(ready), why);
    doubt(member, !ready && !member.vitals.isSteady() && member.vitals.ready().holds());
    member.seen.countDown();
  }

  /**
   * A master that takes too long for a handshake, and answers those whom it has, is not dead but
   * busy, or the line to it is: it keeps them, and gets no others while another master is ready.
   */
  private synchronized void seeLate(Member member, long number, long began) {
    String why = "no TLS handshake within a second";
    if (member.sessions.stream().noneMatch(one -> one.hasHeardSince(began))) {
      seeAlive(member, number, began, false, why);
    } else if (number > member.aliveSeen) {
      seeReady(member, number, false, OptionalLong.empty(), why);
    }
  }

  /**
   * Who is not known, or may not ask, learns nothing about readiness: the API took the question,
   * that is all. But rights are the cluster's: while another master lets us ask, one that does not
   * has just begun, and does not know them yet.
   */
  private synchronized void seeReadyz(
      Member member, long number, long began, int status, boolean etcd) {
    if (number < member.readySeen) {
      return;
    }
    boolean refused = status == HttpURLConnection.HTTP_FORBIDDEN;
    boolean mayAsk =
        members.values().stream().anyMatch(other -> other != member && other.well.isPresent());
    boolean ready =
        status == HttpURLConnection.HTTP_OK
            || status == HttpURLConnection.HTTP_UNAUTHORIZED
            || (refused && !mayAsk);
    member.well =
        status == HttpURLConnection.HTTP_OK ? OptionalLong.of(began) : OptionalLong.empty();
    seeReady(
        member,
        number,
        ready,
        etcd ? OptionalLong.empty() : OptionalLong.of(member.hanging.orElse(began)),
        ready
            ? ""
            : refused
                ? "it does not know yet who may do what"
                : "/readyz says " + status + (etcd ? "" : ", as its etcd does not answer"));
  }

  /** What went wrong once is looked at again soon: until the second time it gets connections. */
  private synchronized void doubt(Member member, boolean doubted) {
    if (doubted && member.vitals.alive().holds()) {
      member.doubt.release();
    }
  }

  /** Under the lock: takes what was seen, does what follows from it, and says so. */
  private void see(Member member, Vitals vitals, String why) {
    MasterState before = member.vitals.state();
    MasterState state = vitals.state();
    member.vitals = vitals;
    if (state == MasterState.READY) {
      member.why = "";
    } else if (!why.isEmpty()) {
      member.why = why;
    }
    if (state != MasterState.DOWN) {
      member.stranded.clear();
    } else if (before != state) {
      member.hanging = OptionalLong.empty(); // nobody knows
      member.well = OptionalLong.empty();
      member.downs++;
      member.stranded.addAll(member.sessions);
    }
    int moved = moveStranded(member) + moveFromWhereRequestsHang(member);
    if (!closed && vitals.isCertain() && (state != member.told || moved > 0)) {
      member.told = state;
      if (member.seen.getCount() == 0) {
        changes.add(new Change(member.node.name(), state, moved, member.why));
      }
    }
  }

  /**
   * Under the lock: closes the connections that a master had when it fell and that cannot or need
   * not outlive it, if it still fails to answer; how many. Those that it has ended itself are lost;
   * the others need not stay while another master answers.
   *
   * <p>An answer from before it began to fail does not count: looks at the masters do not begin
   * together, and when this machine's network pauses one of them is the first to be missed. Nor
   * does what is not known as alive again: after the pause one of them is the first to be back.
   */
  private int moveStranded(Member member) {
    if (member.vitals.isAnswering()) {
      return 0;
    }
    boolean servedElsewhere =
        members.values().stream()
            .anyMatch(other ->
                other.vitals.state() != MasterState.DOWN && other.answered - member.failing > 0);
    List<Session> moved =
        member.stranded.stream().filter(session -> servedElsewhere || session.isLeft()).toList();
    moved.forEach(session -> {
      member.stranded.remove(session);
      Thread.ofVirtual().name("cut").start(session::cut);
    });
    return moved.size();
  }

  /**
   * Under the lock: closes the connections to a master whose etcd does not answer while another
   * master is well, and returns how many: their requests would hang, and their watches be silent.
   * As in {@link #moveStranded}, an answer from before that does not count: etcd may be at a stand
   * everywhere.
   */
  private int moveFromWhereRequestsHang(Member member) {
    boolean servedElsewhere =
        member.hanging.isPresent()
            && members.values().stream()
                .anyMatch(other ->
                    other.vitals.isSteady()
                        && other.well.isPresent()
                        && other.well.getAsLong() - member.hanging.getAsLong() > 0);
    if (member.vitals.state() != MasterState.DRAINING || !servedElsewhere) {
      return 0;
    }
    List<Session> moved = List.copyOf(member.sessions);
    member.sessions.clear();
    moved.forEach(session -> Thread.ofVirtual().name("cut").start(session::cut));
    return moved.size();
  }

  private void tell(Consumer<Change> told) {
    try {
      while (!closed) {
        told.accept(changes.take());
      }
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits; false where the endpoint was closed meanwhile. */
  private static boolean pause(Duration time) {
    try {
      Thread.sleep(time);
      return true;
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Stops listening and ends every connection. */
  @Override
  public void close() {
    List<Session> left = new ArrayList<>();
    synchronized (this) {
      closed = true;
      members.values().forEach(member -> left.addAll(member.sessions));
    }
    threads.forEach(Thread::interrupt);
    try {
      listener.close();
    } catch (IOException broken) {
      throw new UncheckedIOException(broken);
    } finally {
      left.forEach(Session::cut);
    }
  }
}
