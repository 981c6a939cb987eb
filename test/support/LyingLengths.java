import java.nio.charset.StandardCharsets;
import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.MessageProducer;
import javax.jms.Session;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * Texts whose property content-length is not their length, among messages that are right. Each queue gets another length, and
 * for the length “none” a text with a NUL that goes out as it is. Arguments: URL, user, password, prefix of the queues, “behind”
 * for a queue in which other messages follow or “last” for one that ends with it, lengths.
 */
public class LyingLengths {
  public static void main(String[] args) throws Exception {
    ActiveMQConnectionFactory factory = new ActiveMQConnectionFactory(args[1], args[2], args[0]);
    Connection connection = factory.createConnection();
    factory.setUseCompression(true);
    Connection compressing = factory.createConnection();
    Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
    Session compressed = compressing.createSession(true, Session.SESSION_TRANSACTED);
    // A right document may hold what looks like the end of a frame and the beginning of another.
    byte[] bytes = "NUL \0\n\nMESSAGE\nsubscription:intake\n\nx\0\n".getBytes(StandardCharsets.UTF_8);
    for (int i = 5; i < args.length; i++) {
      MessageProducer producer = session.createProducer(session.createQueue(args[3] + i));
      producer.send(session.createTextMessage("first"));
      if (args[i].equals("none")) {
        session.commit();
        MessageProducer other = compressed.createProducer(compressed.createQueue(args[3] + i));
        other.send(compressed.createTextMessage("this is no length: \0 or \0\0\0, åäö"));
        compressed.commit();
      } else {
        TextMessage lying = session.createTextMessage("this is no length: " + args[i]);
        lying.setStringProperty("content-length", args[i]);
        producer.send(lying);
      }
      if (args[4].equals("behind")) {
        for (int more = 0; more < 20; more++) {
          producer.send(session.createTextMessage("text " + more));
          BytesMessage message = session.createBytesMessage();
          message.writeBytes(bytes);
          message.setStringProperty("content-length", "7");
          producer.send(message);
        }
        BytesMessage utf16 = session.createBytesMessage();
        utf16.writeBytes("a\nb\nc".getBytes(StandardCharsets.UTF_16BE));
        producer.send(utf16);
        producer.send(session.createTextMessage("last"));
      }
      session.commit();
    }
    compressing.close();
    connection.close();
  }
}
