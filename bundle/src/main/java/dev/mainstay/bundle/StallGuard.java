package dev.mainstay.bundle;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Mutable: a stream that fails when no byte comes for some time. The JDK's client has a deadline
 * for an answer's head but none for its body, so another thread closes a stream that stands still;
 * the waiting read then fails.
 */
final class StallGuard extends FilterInputStream {
  private static final long IDLE = Long.MAX_VALUE;

  private final long limit;
  private final Thread watch;

  /** When the present read began; {@link #IDLE} when nobody reads. */
  private volatile long since = IDLE;

  private volatile boolean stalled;
  private volatile boolean closed;

  StallGuard(InputStream in, Duration limit) {
    super(in);
    this.limit = limit.toNanos();
    this.watch = Thread.ofVirtual().start(this::watch);
  }

  private void watch() {
    while (!closed) {
      long began = since;
      long left = began == IDLE ? limit : limit - (System.nanoTime() - began);
      if (left <= 0) {
        stalled = true;
        try {
          in.close();
        } catch (IOException e) {
          // The read fails all the same.
        }
        return;
      }
      LockSupport.parkNanos(left);
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int read = read(one, 0, 1);
    return read < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    since = System.nanoTime();
    try {
      int read = in.read(buffer, offset, length);
      if (read < 0 && stalled) {
        throw stalled(null);
      }
      return read;
    } catch (IOException e) {
      throw stalled ? stalled(e) : e;
    } finally {
      since = IDLE;
    }
  }

  private IOException stalled(@Nullable IOException cause) {
    return new IOException(
        "the connection stood still for " + Duration.ofNanos(limit).toMillis() / 1000.0 + " s",
        cause);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    LockSupport.unpark(watch);
    in.close();
  }
}
