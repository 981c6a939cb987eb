import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Envelopes of a Kuvert gateway: verified before they are believed, kept on disk. PushReceiver and PullClient use this. */
final class Envelopes {
  /** Why an envelope is not taken. The status is what who pushes it is told: 4xx never again, 503 come back. */
  static final class TurnedDown extends Exception {
    private static final long serialVersionUID = 1;
    final int status;

    TurnedDown(int status, String why) {
      super(why);
      this.status = status;
    }
  }

  /** One that is on disk; isNew is false when it came before. */
  record Taken(long number, String id, boolean isNew) {}

  static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder = makeFolder(Path.of(setting("FOLDER")).toAbsolutePath());
  private final URI keySet = URI.create(setting("GATEWAY") + "/.well-known/jwks.json");
  private final HttpClient http;
  private Map<String, PublicKey> keys = Map.of();
  private long fetchedAt;

  Envelopes(HttpClient http) throws IOException {
    this.http = http;
  }

  static String setting(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) throw new IllegalStateException(name + " must be set: see README.md");
    return value;
  }

  /** Our key and certificate (PKCS #12), and the authority whose certificates we accept (PEM). */
  static SSLContext tls() throws GeneralSecurityException, IOException {
    char[] password = setting("KEYSTORE_PASSWORD").toCharArray();
    KeyStore own = KeyStore.getInstance(Path.of(setting("KEYSTORE")).toFile(), password);
    KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keyManagers.init(own, password);
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream pem = Files.newInputStream(Path.of(setting("CA")))) {
      for (Certificate authority : CertificateFactory.getInstance("X.509").generateCertificates(pem))
        trusted.setCertificateEntry("authority-" + trusted.size(), authority);
    }
    TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trustManagers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
    return context;
  }

  /** Verifies an envelope and keeps it. When this returns it is on disk: answer 2xx, or send the receipt. For CloudEvents. */
  Taken take(byte[] body, String signature) throws TurnedDown, IOException, GeneralSecurityException {
    // 1. Genuine? Nothing is read out of the bytes before.
    verify(body, signature == null ? "" : signature);
    JsonNode envelope;
    try {
      envelope = JSON.readTree(body);
    } catch (JsonProcessingException unreadable) {
      // Ours to mend: it comes again, or stays in the list.
      throw new TurnedDown(503, "the envelope is genuine and no JSON; ask for the format CloudEvents");
    }
    // 2. Ours? Another's message must be neither read nor confirmed.
    String recipient = envelope.path("recipientorgnumber").asText();
    String environment = envelope.path("environment").asText();
    // Genuine, and newer than we are, say.
    if (recipient.isEmpty() || environment.isEmpty()) throw new TurnedDown(503, "the envelope cannot be read");
    if (!recipient.equals(setting("ORGANISATION")) || !environment.equals(setting("ENVIRONMENT")))
      throw new TurnedDown(422, "this is for " + recipient + ", " + environment);
    byte[] document;
    try {
      document = Base64.getDecoder().decode(envelope.path("data_base64").textValue());
    } catch (IllegalArgumentException | NullPointerException unreadable) {
      throw new TurnedDown(503, "the document cannot be read: " + unreadable);
    }
    if (!sha256(document).equals(envelope.path("documentsha256").asText()))
      throw new TurnedDown(400, "documentsha256 is not that of the document");
    // 3. A repeat? The same id never comes with other bytes.
    String sequence = envelope.path("sequence").asText();
    String id = envelope.path("id").asText();
    String name = sequence + "-" + id;
    if (!isName(name)) throw new TurnedDown(503, "sequence or id is not what it should be: " + name);
    Path kept = folder.resolve(name + ".json");
    boolean isNew = !Files.exists(kept);
    if (isNew) {
      // 4. On disk, the envelope last: that file says that all of it is there.
      write(folder.resolve(name + ".document"), document);
      write(folder.resolve(name + ".jws"), signature.getBytes(StandardCharsets.US_ASCII));
      write(kept, body);
    } else if (!Arrays.equals(Files.readAllBytes(kept), body)) {
      throw new TurnedDown(409, id + " came before with other bytes");
    } else {
      sync(folder); // who kept it may have been stopped just before this
    }
    return new Taken(Long.parseLong(sequence), id, isNew);
  }

  /** A detached JWS over the body as it is (RFC 7515 appendix F, RFC 7797): header..signature. */
  private void verify(byte[] body, String signature) throws TurnedDown, IOException, GeneralSecurityException {
    String[] parts = signature.split("\\.", -1);
    if (parts.length != 3 || !parts[1].isEmpty()) throw new TurnedDown(400, "there is no detached signature");
    JsonNode header;
    byte[] value;
    try {
      header = JSON.readTree(Base64.getUrlDecoder().decode(parts[0]));
      value = Base64.getUrlDecoder().decode(parts[2]);
    } catch (IllegalArgumentException | IOException unreadable) {
      throw new TurnedDown(400, "the signature cannot be read");
    }
    // The header decides nothing: it is as agreed, or there is no signature.
    boolean agreed =
        header.path("alg").asText().equals("ES256")
            && header.path("b64").isBoolean()
            && !header.path("b64").asBoolean()
            && header.path("crit").equals(JSON.createArrayNode().add("b64"))
            && value.length == 64;
    if (!agreed) throw new TurnedDown(400, "the signature is not such as was agreed");
    PublicKey key = key(header.path("kid").asText());
    if (key == null) throw new TurnedDown(503, "the signature names a key that is not in the key set");
    Signature ecdsa = Signature.getInstance("SHA256withECDSAinP1363Format"); // r and s as they stand on the wire
    ecdsa.initVerify(key);
    ecdsa.update((parts[0] + ".").getBytes(StandardCharsets.US_ASCII));
    ecdsa.update(body);
    boolean genuine;
    try {
      genuine = ecdsa.verify(value);
    } catch (SignatureException impossible) {
      genuine = false;
    }
    if (!genuine) throw new TurnedDown(400, "the signature is not that of these bytes");
  }

  /**
   * One of the sender's keys. The set is fetched anew for a key that is not in it, but at most once a minute: anybody can
   * write a signature that names a key.
   */
  private synchronized PublicKey key(String kid) throws IOException, GeneralSecurityException {
    long now = System.nanoTime();
    if (!keys.containsKey(kid) && (keys.isEmpty() || now - fetchedAt > Duration.ofMinutes(1).toNanos())) {
      fetchedAt = now;
      HttpRequest request = HttpRequest.newBuilder(keySet).timeout(Duration.ofSeconds(10)).build();
      HttpResponse<byte[]> answer = send(http, request);
      if (answer.statusCode() != 200) throw new IOException("the key set was answered with " + answer.statusCode());
      CertificateFactory x509 = CertificateFactory.getInstance("X.509");
      Map<String, PublicKey> found = new HashMap<>();
      for (JsonNode jwk : JSON.readTree(answer.body()).path("keys")) {
        // Each key comes with its certificate, which is easier to read than its coordinates.
        byte[] der = Base64.getDecoder().decode(jwk.path("x5c").path(0).asText());
        found.put(jwk.path("kid").asText(), x509.generateCertificate(new ByteArrayInputStream(der)).getPublicKey());
      }
      keys = found;
    }
    return keys.get(kid);
  }

  /** The timeout of a request ends with the headers of the answer; a body that stalls must not hold us for ever, either. */
  static HttpResponse<byte[]> send(HttpClient http, HttpRequest request) throws IOException {
    CompletableFuture<HttpResponse<byte[]>> answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray());
    try {
      return answer.get(90, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException failed) {
      answer.cancel(true);
      throw new IOException(request.uri() + ": " + failed, failed);
    }
  }

  static String sha256(byte[] bytes) throws GeneralSecurityException {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  /** Never half a file under its name, and never gone after a power loss: file, name, folder. */
  private static void write(Path file, byte[] bytes) throws IOException {
    Path unfinished = Files.createTempFile(file.getParent(), ".", ".unfinished");
    try (FileChannel out = FileChannel.open(unfinished, StandardOpenOption.WRITE)) {
      for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) out.write(rest);
      out.force(true);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      // After a failure, on a full disk say, what is half must not take more of it at each try.
      Files.deleteIfExists(unfinished);
    }
    sync(file.getParent());
  }

  /** A folder stands in the one above it: until that is on disk, too, a power loss takes it with all that is in it. */
  private static Path makeFolder(Path path) throws IOException {
    if (path.getParent() == null) return path;
    if (!Files.isDirectory(path.getParent())) makeFolder(path.getParent());
    Files.createDirectories(path);
    sync(path.getParent());
    return path;
  }

  private static void sync(Path folder) throws IOException {
    try (FileChannel listing = FileChannel.open(folder)) {
      listing.force(true);
    }
  }

  /** Of a message: its number, which is a signed 64-bit integer, and its id. */
  private static boolean isName(String name) {
    return name.matches("\\d{20}-[0-9a-f-]{36}") && new BigInteger(name.substring(0, 20)).bitLength() < 64;
  }

  /** Those that have come. */
  TreeSet<Long> numbers() throws IOException {
    TreeSet<Long> numbers = new TreeSet<>();
    try (Stream<Path> files = Files.list(folder)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".json") && isName(name.substring(0, name.length() - 5)))
          .forEach(name -> numbers.add(Long.parseLong(name.substring(0, 20))));
    }
    return numbers;
  }
}
