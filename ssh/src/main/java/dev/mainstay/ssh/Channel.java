package dev.mainstay.ssh;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * A connection in both directions, which end one by one. Its streams block for as long as nothing
 * comes, and one thread may read while another one writes.
 */
public interface Channel extends AutoCloseable {
  InputStream in();

  /** Closing it tells the other end that no more comes; {@link #in()} goes on. */
  OutputStream out();

  /** Ends both directions at once; who waits in one of them is woken by an exception or an end. */
  @Override
  void close();
}
