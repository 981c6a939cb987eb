import javax.jms.BytesMessage;
import javax.jms.Connection;
import javax.jms.MapMessage;
import javax.jms.Message;
import javax.jms.MessageProducer;
import javax.jms.ObjectMessage;
import javax.jms.Session;
import javax.jms.StreamMessage;
import javax.jms.TextMessage;
import org.apache.activemq.ActiveMQConnectionFactory;

/** Everything that a JMS program may put on a queue although nobody expects it. Arguments: URL, user, password, queue. */
public class OddMessages {
  public static void main(String[] args) throws Exception {
    Connection connection = new ActiveMQConnectionFactory(args[1], args[2], args[0]).createConnection();
    connection.start();
    Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
    MessageProducer producer = session.createProducer(session.createQueue(args[3]));

    MapMessage map = session.createMapMessage();
    map.setString("a", "b");
    StreamMessage stream = session.createStreamMessage();
    stream.writeInt(3);
    ObjectMessage object = session.createObjectMessage("text");
    Message[] bodiless = {
      map, stream, object, session.createMessage(), session.createTextMessage(""), session.createTextMessage(),
    };
    for (Message message : bodiless) {
      message.setStringProperty("kind", "not-a-document");
      producer.send(message);
    }
    BytesMessage empty = session.createBytesMessage();
    empty.setStringProperty("kind", "empty");
    producer.send(empty);

    TextMessage emoji = session.createTextMessage("åäö 😀 \0 end");
    emoji.setStringProperty("kind", "text");
    producer.send(emoji);

    String[] names = {
      "hasOwnProperty", "__proto__", "constructor", "back\\slash", "back\\n\\q", "new\nline", "col:on", "dash-ed", "spa ce", "å",
    };
    for (String name : names) {
      TextMessage message = session.createTextMessage("header");
      message.setStringProperty("kind", "header");
      message.setStringProperty(name, "v\\x:\n\r\0å");
      producer.send(message);
    }
    TextMessage many = session.createTextMessage("header");
    many.setStringProperty("kind", "header");
    for (int i = 0; i < 1500; i++) many.setStringProperty("h" + i, "v");
    producer.send(many);
    TextMessage large = session.createTextMessage("header");
    large.setStringProperty("kind", "header");
    large.setStringProperty("large", "å".repeat(200_000));
    producer.send(large);

    // Names that STOMP has a meaning for, and a text message has no length of its own that would take their place.
    String[] reserved = {"subscription", "ack", "message-id", "receipt-id", "destination", "heart-beat", "version", "transaction"};
    for (String name : reserved) {
      TextMessage message = session.createTextMessage("header");
      message.setStringProperty("kind", "reserved");
      message.setStringProperty(name, "__proto__");
      producer.send(message);
    }
    for (String length : new String[] {"x", "-1", "0", "3", "6"}) {
      TextMessage message = session.createTextMessage("header");
      message.setStringProperty("kind", "length");
      message.setStringProperty("content-length", length);
      producer.send(message);
    }

    TextMessage last = session.createTextMessage("last");
    last.setStringProperty("kind", "last");
    producer.send(last);
    session.commit();
    connection.close();
  }
}
