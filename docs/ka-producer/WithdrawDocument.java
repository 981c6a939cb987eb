import javax.jms.Connection;
import javax.jms.DeliveryMode;
import javax.jms.Message;
import javax.jms.MessageProducer;
import javax.jms.Session;
import org.apache.activemq.ActiveMQConnectionFactory;

/**
 * Takes back a document that the supplier does not have yet. Needs only a JMS client library and runs as it is:
 *
 *   java -cp "$(echo /usr/share/activemq/lib/*.jar | tr ' ' ':')" WithdrawDocument.java \
 *     tcp://broker:61616 self-invoice 5560160680 SF-2026-000123 "wrong sum"
 *
 * BROKER_USER, BROKER_PASSWORD and KUVERT_QUEUE_IN are read from the environment. It prints the JMSMessageID, which comes
 * back as kaMessageId in the answer: cancelled, or rejected with the reason.
 */
public class WithdrawDocument {
  public static void main(String[] args) throws Exception {
    String queue = System.getenv().getOrDefault("KUVERT_QUEUE_IN", "kuvert.in");
    ActiveMQConnectionFactory factory =
        new ActiveMQConnectionFactory(System.getenv("BROKER_USER"), System.getenv("BROKER_PASSWORD"), args[0]);
    factory.setUseAsyncSend(false);
    Connection connection = factory.createConnection();
    try {
      connection.start();
      Session session = connection.createSession(true, Session.SESSION_TRANSACTED);
      MessageProducer producer = session.createProducer(session.createQueue(queue));
      producer.setDeliveryMode(DeliveryMode.PERSISTENT);
      // Without a body: with one it would be rejected, so that no document is lost by a header.
      Message message = session.createMessage();
      message.setStringProperty("operation", "withdraw");
      message.setStringProperty("messageType", args[1]);
      message.setStringProperty("recipient", args[2]);
      message.setStringProperty("documentNumber", args[3]);
      if (args.length > 4) message.setStringProperty("reason", args[4]);
      producer.send(message);
      session.commit();
      System.out.println(message.getJMSMessageID());
    } finally {
      connection.close();
    }
  }
}
