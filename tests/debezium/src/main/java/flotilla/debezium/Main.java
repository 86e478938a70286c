package flotilla.debezium;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Measures Debezium once, with its defaults or tuned, and prints one flat JSON object. */
public final class Main {
  private static final String TOPIC = "debezium-bench";
  private static final int PARTITIONS = 12;
  private static final int FIRST_ROWS = Load.ROWS_PER_TRANSACTION;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Settings settings = Settings.fromEnvironment();
  private final Map<String, Double> figures = new TreeMap<>();
  private final Producer<byte[], byte[]> producer = Relay.producer(settings);
  private final Connection connection = settings.connect();
  private final Properties properties;

  private Main(Path offsets, boolean tuned) throws SQLException {
    properties = Relay.properties(settings, offsets, TOPIC, tuned);
  }

  /** {@code tuned} or {@code default}; the latter's keys end in {@code _default}. */
  public static void main(String[] arguments) throws Exception {
    boolean tuned = arguments[0].equals("tuned");
    var offsets = Files.createTempFile("debezium", ".offsets");
    var main = new Main(offsets, tuned);
    try (var connection = main.connection;
        var admin = Admin.create(Map.of("bootstrap.servers", main.settings.brokers()))) {
      removeTopic(admin);
      admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
      Outbox.create(connection);
      try {
        main.measure();
      } finally {
        Outbox.drop(connection);
        removeTopic(admin);
      }
    } finally {
      main.producer.close();
      Files.delete(offsets);
    }
    System.out.println(main.json(tuned ? "" : "_default"));
  }

  private static void removeTopic(Admin admin) throws Exception {
    try {
      admin.deleteTopics(List.of(TOPIC)).all().get();
    } catch (ExecutionException error) {
      if (!(error.getCause() instanceof UnknownTopicOrPartitionException)) {
        throw error;
      }
    }
    // The broker answers before the topic is gone.
    while (admin.listTopics().names().get().contains(TOPIC)) {
      Thread.sleep(100);
    }
  }

  private void measure() throws Exception {
    leaveOffsets();
    for (int round = 0; round < settings.rounds(); round++) {
      drain();
    }
    steady();
    figures.put("rss_mb", Usage.rssMegabytes());
  }

  private Relay relay(Acks acks) throws SQLException {
    Outbox.release(connection);
    return new Relay(properties, producer, acks);
  }

  /** Without offsets the engine would begin at the log's end and pass by the backlog. */
  private void leaveOffsets() throws Exception {
    var acks = new Acks(FIRST_ROWS);
    try (var relay = relay(acks)) {
      begin(acks);
    }
  }

  /** Sees a few rows through, so that the engine is known to read. */
  private void begin(Acks acks) throws Exception {
    succeed(load("backlog", FIRST_ROWS));
    acks.await(FIRST_ROWS, PATIENCE);
  }

  /** Rows first, engine afterwards; the best round counts, the first is told beside it. */
  private void drain() throws Exception {
    int rows = settings.backlog();
    var acks = new Acks(rows);
    succeed(load("backlog", rows));
    double before = Usage.cpuSeconds();
    try (var relay = relay(acks)) {
      acks.await(rows, PATIENCE);
    }
    double cpu = (Usage.cpuSeconds() - before) * 100_000 / rows;
    System.err.printf(Locale.ROOT, "drain: %.0f/s, %.1f CPU-s per 100k%n", acks.perSecond(), cpu);
    figures.putIfAbsent("drain_first_per_s", acks.perSecond());
    figures.merge("drain_per_s", acks.perSecond(), Math::max);
    figures.merge("drain_cpu_s_per_100k", cpu, Math::min);
  }

  /** Latency of the best of several windows; processor time over all of them. */
  private void steady() throws Exception {
    int seconds = settings.warmSeconds() + settings.windows() * settings.windowSeconds() + 2;
    int rows = FIRST_ROWS + settings.rate() * seconds;
    var acks = new Acks(rows);
    try (var relay = relay(acks)) {
      begin(acks);
      var load = load("steady", settings.rate(), seconds);
      acks.await(FIRST_ROWS + 1, PATIENCE);
      Thread.sleep(settings.warmSeconds() * 1000L);
      double before = Usage.cpuSeconds();
      int already = acks.count();
      long from = Acks.micros();
      Thread.sleep(settings.windows() * settings.windowSeconds() * 1000L);
      double cpu = Usage.cpuSeconds() - before;
      int events = acks.count() - already;
      succeed(load);
      acks.await(rows, PATIENCE);
      figures.put("cpu_s_per_100k", cpu * 100_000 / events);
      figures.put("load_per_s", (double) events / settings.windows() / settings.windowSeconds());
      keepBestWindow(acks, from);
    }
  }

  private void keepBestWindow(Acks acks, long begin) {
    long length = settings.windowSeconds() * 1_000_000L;
    for (int window = 0; window < settings.windows(); window++) {
      long from = begin + window * length;
      var sorted = acks.between(from, from + length);
      double p50 = sorted[sorted.length / 2] / 1000.0;
      double p99 = sorted[sorted.length * 99 / 100] / 1000.0;
      System.err.printf(Locale.ROOT, "steady: p50 %.2f ms, p99 %.2f ms%n", p50, p99);
      if (p99 < figures.getOrDefault("ack_p99_ms_2k", Double.MAX_VALUE)) {
        figures.put("ack_p50_ms_2k", p50);
        figures.put("ack_p99_ms_2k", p99);
      }
    }
  }

  private static Process load(Object... arguments) throws IOException {
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    var fixed = Stream.of(java, "-Xmx128m", "-XX:+UseSerialGC", "-cp",
        System.getProperty("java.class.path"), Load.class.getName());
    var command = Stream.concat(fixed, Stream.of(arguments).map(Object::toString)).toList();
    return new ProcessBuilder(command).inheritIO().start();
  }

  private static void succeed(Process process) throws InterruptedException {
    if (process.waitFor() != 0) {
      throw new IllegalStateException("the load failed");
    }
  }

  private String json(String suffix) {
    return figures.entrySet().stream()
        .map(figure -> String.format(Locale.ROOT, "\"debezium_%s%s\":%.2f",
            figure.getKey(), suffix, figure.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }
}
