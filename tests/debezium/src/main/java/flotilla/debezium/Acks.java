package flotilla.debezium;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Callback;

/** Counts what the broker acknowledged, and keeps how old it was. Written by the producer's one thread. */
final class Acks {
  private final long since = micros();
  private final long[] stamps;
  private final long[] latencies;
  private volatile int count;
  private volatile long firstSent;
  private volatile long lastAcked;
  private volatile Throwable failure;

  /** Only rows stamped from now on count: what a restart sends again is no progress. */
  Acks(int expected) {
    stamps = new long[expected];
    latencies = new long[expected];
  }

  static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  /** The callback for one record; the clock of the drain starts with the first. */
  Callback sent(byte[] payload) {
    long stamp = Outbox.stamp(payload);
    if (firstSent == 0 && stamp >= since) {
      firstSent = System.nanoTime();
    }
    return (metadata, error) -> {
      if (error != null) {
        failure = error;
      } else if (stamp >= since) {
        acked(stamp);
      }
    };
  }

  private void acked(long stamp) {
    int index = count;
    if (index == stamps.length) {
      failure = new IllegalStateException("more acknowledged than written");
      return;
    }
    stamps[index] = stamp;
    latencies[index] = micros() - stamp;
    lastAcked = System.nanoTime();
    // Last, so that a reader who sees the count sees what it counts.
    count = index + 1;
  }

  int count() {
    return count;
  }

  void fail(Throwable error) {
    failure = error;
  }

  /** Waits until that many are acknowledged; not one may be missing. */
  void await(int expected, Duration patience) throws Exception {
    long end = System.nanoTime() + patience.toNanos();
    while (count < expected) {
      if (failure != null) {
        throw new IllegalStateException("the engine or the producer failed", failure);
      }
      if (System.nanoTime() > end) {
        throw new TimeoutException(count + " of " + expected + " acknowledged");
      }
      Thread.sleep(5);
    }
  }

  double perSecond() {
    return count * 1e9 / (lastAcked - firstSent);
  }

  /** Latencies in microseconds, sorted, of the rows stamped in {@code [from, to)}. */
  long[] between(long from, long to) {
    int known = count;
    var chosen = new long[known];
    int length = 0;
    for (int index = 0; index < known; index++) {
      if (stamps[index] >= from && stamps[index] < to) {
        chosen[length++] = latencies[index];
      }
    }
    Arrays.sort(chosen, 0, length);
    return Arrays.copyOf(chosen, length);
  }
}
