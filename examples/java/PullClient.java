import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Fetches what a Kuvert gateway has for us, as it comes; with the argument once: what waits now. Settings: README.md. */
public class PullClient {
  static final String URL = Envelopes.setting("GATEWAY");

  final HttpClient http;
  final Envelopes envelopes;

  PullClient() throws IOException, GeneralSecurityException {
    // Who we are is in the certificate: nothing else says it.
    http = HttpClient.newBuilder().sslContext(Envelopes.tls()).version(HttpClient.Version.HTTP_1_1).build();
    envelopes = new Envelopes(http);
  }

  public static void main(String[] args) throws Exception {
    PullClient client = new PullClient();
    boolean once = args.length > 0 && args[0].equals("once");
    int failures = 0;
    while (true) {
      try {
        // With nothing there, the answer comes when there is something.
        Round round = client.round(once ? 0 : 30);
        if (round.taken > 0) client.explainGaps();
        if (once && round.taken == 0) {
          if (round.listed == 0) break;
          System.out.println(round.listed + " still wait: see above");
          System.exit(1);
        }
        failures = 0;
        // Only what we cannot take: not again at once.
        if (round.listed > 0 && round.taken == 0) Thread.sleep(60_000);
      } catch (IOException | GeneralSecurityException | RuntimeException error) {
        // The gateway, what it answers, the disk: it may be better later. What was kept stays kept.
        if (once) throw error;
        System.out.println("not now: " + error);
        Thread.sleep(1_000 * pause(failures++));
      }
    }
  }

  record Round(int taken, int listed) {}

  /** Everything that waits, page by page, from the beginning: what is released later has a lower number. */
  Round round(int wait) throws IOException, GeneralSecurityException, InterruptedException {
    int taken = 0;
    int listed = 0;
    String after = "";
    while (true) {
      JsonNode page = json(ask(get("/v1/messages?limit=100&wait=" + wait + after)));
      List<String> ids = new ArrayList<>();
      for (JsonNode message : page.path("messages"))
        if (take(message.path("id").asText())) ids.add(message.path("id").asText());
      if (!ids.isEmpty()) sendReceipts(ids);
      taken += ids.size();
      listed += page.path("messages").size();
      if (!page.has("next")) return new Round(taken, listed);
      after = "&after=" + page.path("next").asText();
    }
  }

  /** True when the message is on disk, now or from before, so that it may be receipted. Others stand behind it. */
  boolean take(String id) throws InterruptedException {
    try {
      return fetch(id);
    } catch (IOException | GeneralSecurityException | RuntimeException error) {
      // It broke off, say, or it cannot be written. The next round tries it again.
      System.out.println("not now " + id + " " + error);
      return false;
    }
  }

  boolean fetch(String id) throws IOException, GeneralSecurityException, InterruptedException {
    HttpResponse<byte[]> answer = ask(get("/v1/messages/" + id));
    try {
      // Withdrawn meanwhile, say.
      if (answer.statusCode() != 200) throw new Envelopes.TurnedDown(answer.statusCode(), new String(answer.body()));
      String signature = answer.headers().firstValue("x-jws-signature").orElse("");
      Envelopes.Taken taken = envelopes.take(answer.body(), signature);
      System.out.println((taken.isNew() ? "kept " : "repeat ") + taken.number() + " " + taken.id());
      return true;
    } catch (Envelopes.TurnedDown reason) {
      // No receipt: it stays in the list, and somebody must look at it.
      System.out.println("turned down " + reason.status + " " + reason.getMessage());
      return false;
    }
  }

  void sendReceipts(List<String> ids) throws IOException, InterruptedException {
    byte[] body = Envelopes.JSON.writeValueAsBytes(Map.of("ids", ids));
    HttpRequest.Builder request = request("/v1/receipts").header("content-type", "application/json");
    for (JsonNode one : json(ask(request.POST(BodyPublishers.ofByteArray(body)).build())).path("results")) {
      String result = one.path("result").asText();
      if (!result.equals("received") && !result.equals("already-received"))
        System.out.println("no receipt for " + one.path("id").asText() + " " + result);
    }
  }

  private long askedTo = 0;
  private long openFrom = 1;
  private long allAgainAt = System.nanoTime();
  private final Map<Long, String> said = new HashMap<>();

  /**
   * Of numbers that we lack, the gateway says what became of them. It is asked of new ones, and once an hour of all from the
   * first whose story is not over.
   */
  void explainGaps() throws IOException, InterruptedException {
    TreeSet<Long> have = envelopes.numbers();
    long last = have.isEmpty() ? 0 : have.last();
    if (System.nanoTime() - allAgainAt >= 0) {
      askedTo = openFrom - 1;
      openFrom = last + 1;
      allAgainAt = System.nanoTime() + Duration.ofHours(1).toNanos();
    }
    long first = askedTo + 1;
    while (have.contains(first)) first++;
    String from = first <= last ? String.valueOf(first) : null;
    while (from != null) {
      JsonNode page = json(ask(get("/v1/messages/missing?from=" + from + "&to=" + last)));
      for (JsonNode one : page.path("numbers")) tell(one, have);
      from = page.has("next") ? page.path("next").asText() : null;
    }
    askedTo = last;
    said.keySet().removeIf(number -> number < openFrom);
  }

  private void tell(JsonNode one, TreeSet<Long> have) {
    long first = one.path("first").asLong();
    long last = one.path("last").asLong();
    long lacked = first;
    while (lacked <= last && have.contains(lacked)) lacked++;
    if (lacked > last) return;
    String state = one.path("state").asText();
    String line = "missing " + first + "-" + last + ": " + state + " " + one.path("reason").asText();
    if (!line.equals(said.put(first, line))) System.out.println(line);
    if (!List.of("delivered", "cancelled", "void").contains(state)) openFrom = Math.min(openFrom, first);
  }

  static HttpRequest get(String path) {
    return request(path).build();
  }

  static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(URL + path)).timeout(Duration.ofSeconds(60));
  }

  /**
   * One request; again, up to four times, when the gateway says later. Once more when the connection breaks: everything that
   * we ask may be asked twice, a receipt whose answer was lost too.
   */
  HttpResponse<byte[]> ask(HttpRequest request) throws IOException, InterruptedException {
    for (int failures = 0; ; failures++) {
      HttpResponse<byte[]> answer;
      try {
        answer = Envelopes.send(http, request);
      } catch (IOException broken) {
        answer = Envelopes.send(http, request);
      }
      int status = answer.statusCode();
      if ((status != 429 && status != 503) || failures == 4) return answer;
      // It may be a date, which we do not read.
      String asked = answer.headers().firstValue("retry-after").orElse("");
      long seconds = asked.matches("\\d{1,9}") ? Math.min(Long.parseLong(asked), 600) : 0;
      Thread.sleep(1_000 * (seconds > 0 && status == 429 ? seconds : Math.max(seconds, pause(failures))));
    }
  }

  /** Seconds: 5, 10, 20, 40, 60, 60 … */
  static long pause(int failures) {
    return Math.min(5L << Math.min(failures, 4), 60);
  }

  static JsonNode json(HttpResponse<byte[]> answer) throws IOException {
    if (answer.statusCode() != 200)
      throw new IOException(answer.uri() + ": " + answer.statusCode() + " " + new String(answer.body()));
    return Envelopes.JSON.readTree(answer.body());
  }
}
