import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.UUID;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * Puts documents on the queue. Needs only a JMS client library and runs as it is:
 *
 *   java -cp "$(echo /usr/share/activemq/lib/*.jar | tr ' ' ':')" SendDocument.java \
 *     tcp://broker:61616 self-invoice 5560160680 invoice-1.xml invoice-2.xml
 *
 * BROKER_USER, BROKER_PASSWORD and KUVERT_QUEUE_IN are read from the environment.
 */
public class SendDocument {
  public static void main(String[] args) throws Exception {
    String queue = System.getenv().getOrDefault("KUVERT_QUEUE_IN", "kuvert.in");
    ActiveMQConnectionFactory factory =
        new ActiveMQConnectionFactory(System.getenv("BROKER_USER"), System.getenv("BROKER_PASSWORD"), args[0]);
    // What is sent must be on the broker's disk before send() returns.
    factory.setUseAsyncSend(false);
    Connection connection = factory.createConnection();
    try {
      connection.start();
      // One transaction: all of these documents, in this order, or none.
      Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
      MessageProducer producer = session.createProducer(session.createQueue(queue));
      producer.setDeliveryMode(DeliveryMode.PERSISTENT);
      for (int i = 3; i < args.length; i++) {
        // A bytes message: the file's bytes, in whatever encoding its XML declaration says.
        BytesMessage message = session.createBytesMessage();
        message.writeBytes(Files.readAllBytes(Path.of(args[i])));
        message.setStringProperty("messageType", args[1]);
        message.setStringProperty("recipient", args[2]);
        message.setStringProperty("eventTime", OffsetDateTime.now().toString());
        message.setStringProperty("correlationId", UUID.randomUUID().toString());
        producer.send(message);
        System.out.println(message.getJMSMessageID());
      }
      session.commit();
    } finally {
      connection.close();
    }
  }
}
