package flotilla.debezium;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.concurrent.ThreadLocalRandom;

/** The table that the event router expects, its publication and slot, and the rows of the measurement. */
final class Outbox {
  static final String TABLE = "debezium_outbox";
  static final String PUBLICATION = "debezium_outbox";
  static final String SLOT = "debezium_outbox";

  /** Length, keys and content as in the bench of our relay, so that both send and compress the same. */
  private static final int PAYLOAD_BYTES = 350;
  private static final int KEYS = 1_000;
  /** The server stamps the row itself, so neither the driver nor the way to it counts as latency. */
  private static final String INSERT =
      "insert into " + TABLE + " (id, aggregatetype, aggregateid, type, payload) values"
          + " (gen_random_uuid(), 'order', ?, 'OrderPlaced',"
          + " int8send((extract(epoch from clock_timestamp()) * 1000000)::bigint) || ?)";

  private Outbox() {}

  static void create(Connection connection) throws SQLException {
    drop(connection);
    try (var statement = connection.createStatement()) {
      statement.execute(
          "create table " + TABLE + " (id uuid primary key, aggregatetype varchar(255) not null,"
              + " aggregateid varchar(255) not null, type varchar(255) not null, payload bytea)");
      statement.execute("create publication " + PUBLICATION + " for table " + TABLE);
      statement.execute("select pg_create_logical_replication_slot('" + SLOT + "', 'pgoutput')");
    }
  }

  /** Waits until nobody reads the slot: the server's side of an engine outlives the engine a little. */
  static void release(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(
          "select pg_terminate_backend(active_pid, 10000) from pg_replication_slots"
              + " where slot_name = '" + SLOT + "' and active");
    }
  }

  /** Also the slot: one left behind makes the server keep its log for ever. */
  static void drop(Connection connection) throws SQLException {
    release(connection);
    try (var statement = connection.createStatement()) {
      statement.execute(
          "select pg_drop_replication_slot(slot_name) from pg_replication_slots"
              + " where slot_name = '" + SLOT + "'");
      statement.execute("drop publication if exists " + PUBLICATION);
      statement.execute("drop table if exists " + TABLE);
    }
  }

  static PreparedStatement prepare(Connection connection) throws SQLException {
    return connection.prepareStatement(INSERT);
  }

  static void fill(PreparedStatement insert) throws SQLException {
    long n = ThreadLocalRandom.current().nextInt(1_000_000);
    var filler = new byte[PAYLOAD_BYTES - Long.BYTES];
    for (int place = 0; place < filler.length; place++) {
      filler[place] = (byte) (n * 31 >> (place % 23));
    }
    insert.setString(1, "k" + n % KEYS);
    insert.setBytes(2, filler);
  }

  /** When the row was stamped, in microseconds since 1970. */
  static long stamp(byte[] payload) {
    return ByteBuffer.wrap(payload).getLong();
  }
}
