package flotilla.debezium;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** The writers, a program of their own so that their processor time is not counted as Debezium's. */
public final class Load {
  private static final int BACKLOG_WRITERS = 4;
  /** A backlog is of a multiple of this many rows. */
  static final int ROWS_PER_TRANSACTION = 1_000;

  private static final int STEADY_WRITERS = 8;

  private Load() {}

  /** {@code backlog ROWS} writes as fast as it can; {@code steady RATE SECONDS} by the clock. */
  public static void main(String[] arguments) throws Exception {
    var settings = Settings.fromEnvironment();
    switch (arguments[0]) {
      case "backlog" -> backlog(settings, Integer.parseInt(arguments[1]));
      case "steady" ->
          steady(settings, Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]));
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static void backlog(Settings settings, int rows) throws Exception {
    var transactions = new AtomicInteger(rows / ROWS_PER_TRANSACTION);
    inParallel(BACKLOG_WRITERS, () -> {
      try (var connection = settings.connect(); var statement = connection.createStatement()) {
        // How fast the backlog grows is not what is measured.
        statement.execute("set synchronous_commit = off");
        connection.setAutoCommit(false);
        try (var insert = Outbox.prepare(connection)) {
          while (transactions.getAndDecrement() > 0) {
            for (int row = 0; row < ROWS_PER_TRANSACTION; row++) {
              Outbox.fill(insert);
              insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
          }
        }
      }
      return null;
    });
  }

  /** Open model: row i is due at i / rate, however long the rows before it took. */
  private static void steady(Settings settings, int rate, int seconds) throws Exception {
    int rows = rate * seconds;
    var next = new AtomicInteger();
    var late = new long[rows];
    // Time to connect, so that the writers do not begin with a burst.
    long begin = System.nanoTime() + 1_000_000_000L;
    inParallel(STEADY_WRITERS, () -> {
      try (var connection = settings.connect(); var insert = Outbox.prepare(connection)) {
        for (int row = next.getAndIncrement(); row < rows; row = next.getAndIncrement()) {
          late[row] = insertWhenDue(insert, begin + row * 1_000_000_000L / rate);
        }
      }
      return null;
    });
    // The first half warms up.
    var warm = Arrays.copyOfRange(late, rows / 2, rows);
    Arrays.sort(warm);
    long micros = warm[warm.length * 99 / 100] / 1000;
    System.err.printf("load: 99 %% began within %d us of their time%n", micros);
  }

  private static long insertWhenDue(PreparedStatement insert, long due)
      throws SQLException {
    Outbox.fill(insert);
    for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
      LockSupport.parkNanos(wait);
    }
    long late = System.nanoTime() - due;
    insert.executeUpdate();
    return late;
  }

  private static void inParallel(int writers, Callable<Void> work) throws Exception {
    var pool = Executors.newFixedThreadPool(writers);
    try {
      var tasks = new ArrayList<Callable<Void>>();
      for (int writer = 0; writer < writers; writer++) {
        tasks.add(work);
      }
      for (var done : pool.invokeAll(tasks)) {
        done.get();
      }
    } finally {
      pool.shutdown();
    }
  }
}
