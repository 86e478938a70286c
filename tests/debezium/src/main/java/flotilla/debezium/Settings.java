package flotilla.debezium;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Where the parts are and how much is measured: all from the environment. */
record Settings(
    String host,
    String port,
    String user,
    String password,
    String database,
    String brokers,
    int backlog,
    int rounds,
    int rate,
    int warmSeconds,
    int windowSeconds,
    int windows) {

  static Settings fromEnvironment() {
    var database = URI.create(text("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres"));
    var signIn = database.getUserInfo().split(":", 2);
    return new Settings(
        database.getHost(),
        Integer.toString(database.getPort() < 0 ? 5432 : database.getPort()),
        signIn[0],
        signIn.length > 1 ? signIn[1] : "",
        database.getPath().substring(1),
        text("KAFKA_BROKERS", "127.0.0.1:9092"),
        number("DEBEZIUM_BACKLOG", 300_000),
        number("DEBEZIUM_ROUNDS", 3),
        number("DEBEZIUM_RATE", 2_000),
        number("DEBEZIUM_WARM_SECONDS", 10),
        number("DEBEZIUM_WINDOW_SECONDS", 10),
        number("DEBEZIUM_WINDOWS", 3));
  }

  /** A connection that commits each statement; several inserts of one batch go as one statement. */
  Connection connect() throws SQLException {
    var properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    properties.setProperty("reWriteBatchedInserts", "true");
    return DriverManager.getConnection(
        "jdbc:postgresql://" + host + ":" + port + "/" + database, properties);
  }

  private static String text(String name, String otherwise) {
    var value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private static int number(String name, int otherwise) {
    return Integer.parseInt(text(name, Integer.toString(otherwise)));
  }
}
