package flotilla.debezium;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.source.SourceRecord;

/** One run of the embedded engine: from the slot through the event router to the topic. */
final class Relay implements AutoCloseable {
  private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
  private final Thread thread;
  private final Producer<byte[], byte[]> producer;
  private final Acks acks;

  /** Starts where the offsets file says that the run before it ended. */
  Relay(Properties properties, Producer<byte[], byte[]> producer, Acks acks) {
    this.producer = producer;
    this.acks = acks;
    // Connect's own records: any other format would add a conversion that this does not need.
    engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
        .using(properties)
        .using((success, message, error) -> {
          if (!success) {
            acks.fail(new IllegalStateException(message, error));
          }
        })
        .notifying(this::hand)
        .build();
    thread = new Thread(engine, "engine");
    thread.start();
  }

  /**
   * Waits for the whole batch, as Debezium Server does: the offsets may only move past what is safe.
   * Flushing sends at once what would otherwise linger.
   */
  private void hand(
      List<RecordChangeEvent<SourceRecord>> events,
      RecordCommitter<RecordChangeEvent<SourceRecord>> committer)
      throws InterruptedException {
    for (var event : events) {
      var record = event.record();
      var payload = bytes(record.value());
      producer.send(outgoing(record, payload), acks.sent(payload));
    }
    producer.flush();
    for (var event : events) {
      committer.markProcessed(event);
    }
    committer.markBatchFinished();
  }

  private static ProducerRecord<byte[], byte[]> outgoing(SourceRecord record, byte[] payload) {
    var key = record.key().toString().getBytes(StandardCharsets.UTF_8);
    var outgoing = new ProducerRecord<>(record.topic(), key, payload);
    for (var header : record.headers()) {
      var value = header.value().toString().getBytes(StandardCharsets.UTF_8);
      outgoing.headers().add(header.key(), value);
    }
    return outgoing;
  }

  private static byte[] bytes(Object value) {
    if (value instanceof byte[] array) {
      return array;
    }
    var buffer = ((ByteBuffer) value).duplicate();
    var array = new byte[buffer.remaining()];
    buffer.get(array);
    return array;
  }

  @Override
  public void close() throws Exception {
    engine.close();
    thread.join();
  }

  static Producer<byte[], byte[]> producer(Settings settings) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers", settings.brokers(),
            "acks", "all",
            "enable.idempotence", "true",
            "compression.type", "lz4",
            "batch.size", "131072"),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  /** The engine's settings: all that is not named here keeps its default. */
  static Properties properties(Settings settings, Path offsets, String topic, boolean tuned) {
    var properties = new Properties();
    properties.putAll(Map.of(
        "name", "debezium-bench",
        "connector.class", "io.debezium.connector.postgresql.PostgresConnector",
        "offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore",
        "offset.storage.file.filename", offsets.toString(),
        "topic.prefix", "debezium-bench"));
    properties.putAll(Map.of(
        "database.hostname", settings.host(),
        "database.port", settings.port(),
        "database.user", settings.user(),
        "database.password", settings.password(),
        "database.dbname", settings.database()));
    properties.putAll(Map.of(
        "plugin.name", "pgoutput",
        "slot.name", Outbox.SLOT,
        "publication.name", Outbox.PUBLICATION,
        "publication.autocreate.mode", "disabled",
        "table.include.list", "public." + Outbox.TABLE,
        "snapshot.mode", "no_data",
        // Resuming opens the slot twice, and the server may still be busy with the first: try again soon.
        "slot.retry.delay.ms", "200",
        "slot.max.retries", "50"));
    properties.putAll(Map.of(
        "transforms", "outbox",
        "transforms.outbox.type", "io.debezium.transforms.outbox.EventRouter",
        "transforms.outbox.route.topic.replacement", topic,
        "transforms.outbox.table.fields.additional.placement", "type:header:type"));
    if (tuned) {
      // The last two switch off work that no reader of the topic sees: statistics, and four headers.
      properties.putAll(Map.of(
          "poll.interval.ms", "1",
          "max.batch.size", "8192",
          "max.queue.size", "32768",
          "statistics.metrics.enabled", "false",
          "extended.headers.enabled", "false"));
    }
    return properties;
  }
}
