import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** Receives what a Kuvert gateway pushes: an HTTPS endpoint that lets in the gateway and nobody else. Settings: README.md. */
public class PushReceiver {
  static final int MOST_BYTES = 32 * 1024 * 1024;

  public static void main(String[] args) throws Exception {
    // The server of the JDK waits for a slow client for ever, unless it is told not to. Seconds.
    System.setProperty("sun.net.httpserver.maxReqTime", "30");
    SSLContext tls = Envelopes.tls();
    Envelopes envelopes = new Envelopes(HttpClient.newBuilder().sslContext(tls).build());
    String host = System.getenv().getOrDefault("HOST", "0.0.0.0");
    int port = Integer.parseInt(Envelopes.setting("PORT"));
    HttpsServer server = HttpsServer.create(new InetSocketAddress(host, port), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(tls) {
          @Override
          public void configure(HttpsParameters connection) {
            // Whoever shows no certificate of the authority's is turned away by TLS itself.
            SSLParameters parameters = getSSLContext().getDefaultSSLParameters();
            parameters.setNeedClientAuth(true);
            connection.setSSLParameters(parameters);
          }
        });
    server.createContext("/", exchange -> handle(envelopes, exchange));
    server.setExecutor(Executors.newFixedThreadPool(16));
    server.start();
    System.out.println("listening on " + server.getAddress().getPort());
  }

  static void handle(Envelopes envelopes, HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        allow((HttpsExchange) exchange);
        if (!exchange.getRequestMethod().equals("POST")) throw new Envelopes.TurnedDown(405, "envelopes are posted");
        byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) throw new Envelopes.TurnedDown(413, "more than " + MOST_BYTES + " bytes");
        Envelopes.Taken taken = envelopes.take(body, exchange.getRequestHeaders().getFirst("x-jws-signature"));
        System.out.println((taken.isNew() ? "kept " : "repeat ") + taken.number() + " " + taken.id());
        // The status is our receipt: the message is on disk. A repeat is fine, too.
        answer(exchange, 200, Map.of("id", taken.id()));
      } catch (Envelopes.TurnedDown reason) {
        System.out.println("turned down " + reason.status + " " + reason.getMessage());
        answer(exchange, reason.status, Map.of("title", "turned down", "detail", reason.getMessage()));
      } catch (IOException | GeneralSecurityException | RuntimeException error) {
        // The disk is full, the key set is not there: ours to mend, and the message must come again.
        System.out.println("turned down 503 " + error);
        answer(exchange, 503, Map.of("title", "not now"));
      }
    }
  }

  /** TLS has let in those whom the authority has issued a certificate; of them we want one. */
  static void allow(HttpsExchange exchange) throws Envelopes.TurnedDown, IOException, GeneralSecurityException {
    String fingerprint = Envelopes.sha256(exchange.getSSLSession().getPeerCertificates()[0].getEncoded());
    if (!fingerprint.equals(Envelopes.setting("CLIENT")))
      throw new Envelopes.TurnedDown(401, "the certificate " + fingerprint + " may not deliver here");
  }

  static void answer(HttpExchange exchange, int status, Map<String, String> said) throws IOException {
    byte[] bytes = Envelopes.JSON.writeValueAsBytes(said);
    String type = status == 200 ? "application/json" : "application/problem+json";
    exchange.getResponseHeaders().set("content-type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }
}
