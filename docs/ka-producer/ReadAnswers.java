import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import javax.jms.Connection;
import javax.jms.JMSException;
import javax.jms.Message;
import javax.jms.MessageConsumer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * Takes answers off the queue, each on disk before the queue lets go of it, and repeats dropped. Needs only a JMS client
 * library and runs as it is:
 *
 *   java -cp "$(echo /usr/share/activemq/lib/*.jar | tr ' ' ':')" ReadAnswers.java tcp://broker:61616 answers 60
 *
 * The last argument: end when nothing has come for so many seconds; left out, it goes on for ever. BROKER_USER,
 * BROKER_PASSWORD and KUVERT_QUEUE_STATUS are read from the environment.
 */
public class ReadAnswers {
  public static void main(String[] args) throws Exception {
    String queue = System.getenv().getOrDefault("KUVERT_QUEUE_STATUS", "kuvert.status");
    Path folder = Files.createDirectories(Path.of(args[1]));
    long patience = args.length > 2 ? Long.parseLong(args[2]) * 1000 : 0;
    ActiveMQConnectionFactory factory =
        new ActiveMQConnectionFactory(System.getenv("BROKER_USER"), System.getenv("BROKER_PASSWORD"), args[0]);
    Connection connection = factory.createConnection();
    try {
      connection.start();
      // What is not committed comes again, to us or to the next who asks.
      Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
      MessageConsumer consumer = session.createConsumer(session.createQueue(queue));
      for (Message message; (message = consumer.receive(patience)) != null; ) {
        if (keep(folder, (TextMessage) message)) System.out.println(inShort(message));
        session.commit();
      }
    } finally {
      connection.close();
    }
  }

  /** False for one that came before: answers come at least once. */
  static boolean keep(Path folder, TextMessage answer) throws Exception {
    // Also in the JSON, as id. Read as a UUID, it is a safe name for a file.
    UUID id = UUID.fromString(answer.getStringProperty("answerId"));
    Path file = folder.resolve(id + ".json");
    if (Files.exists(file)) return false;
    Path unfinished = folder.resolve(id + ".unfinished");
    try (FileChannel out =
        FileChannel.open(
            unfinished, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer json = StandardCharsets.UTF_8.encode(answer.getText());
      while (json.hasRemaining()) out.write(json);
      out.force(true);
    }
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    return true;
  }

  /** The properties say what most programs want; the rest is in the JSON. */
  static String inShort(Message message) throws JMSException {
    String number = message.getStringProperty("documentNumber");
    return message.getStringProperty("answer") + " " + (number == null ? "-" : number);
  }
}
