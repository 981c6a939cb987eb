/** What the settings of the line do, in Swedish; in English it stands in the table of the settings. */
import type { SettingKey } from '../../../platform/config/settings.ts';

export const lineSettings = {
  environment:
    'Vilken miljö tjänsten kör i: `test` eller `production`. Bara adresser i den används, och varje kuvert anger den.',
  source: '`source` i varje kuvert: URI:n för det system som dokumenten kommer från.',
  senderOrganisation: 'Organisationsnumret som skickar: köparen. Ett dokument som anger en annan köpare stoppas.',
  databaseUrl: 'PostgreSQL 15 eller senare: `postgres://user:password@host:port/database`. Där allt bokförs.',
  databaseConnections: 'Så många anslutningar har en process som mest till PostgreSQL.',
  redisUrl: 'Redis 6.2 eller senare: `redis://:password@host:port/0`. Väckarklockan för leveranserna.',
  redisPrefix: 'Första delen av varje nyckel i Redis, så att flera tjänster kan dela på en.',
  brokerUrls:
    'Köhanterarna, med komma emellan, som prövas i tur och ordning: `stomp://host:61613` eller `stomp+ssl://host:61612`, med `/name` efter för en virtuell värd. För TLS ska ActiveMQ ha en `stomp+ssl`-anslutning: `stomp+nio+ssl` (5.17) tappar de första orden på var tionde anslutning.',
  brokerUser: 'Användarnamn hos köhanteraren.',
  brokerPassword: 'Lösenord hos köhanteraren.',
  brokerCaFile: 'PEM-fil med de utfärdare som får ha utfärdat köhanterarnas certifikat (förvalt: datorns egna).',
  queueIn: 'Kön som KA lägger dokument på.',
  queueStatus: 'Kön för svar till KA.',
  queueDead: 'Kön för det som inte kunde bli meddelanden.',
  brokerPrefetch: 'Så många ramar får köhanteraren skicka innan vi har kvitterat.',
  brokerHeartbeat: 'STOMP:s hjärtslag, åt båda håll; en köhanterare som är tyst i dubbla tiden lämnas.',
  brokerWatchdog:
    'Om köhanteraren har ramar till oss eller borde ha svarat, och inget har rört sig på så länge, görs anslutningen om.',
  intakeBatch: 'Så många ramar sparas som mest i en transaktion.',
  documentBytes: 'Största dokumentet; en större ram stoppas.',
  documentDepth: 'Djupaste nästlingen av element eller objekt i ett dokument.',
  documentElements: 'Flest element eller värden i ett dokument.',
  documentRules:
    'Var ett brott mot en affärsregel (summor, moms, referenser) bara noteras: `format=warn` eller `format/message-type=warn`, med komma emellan, till exempel `svefaktura-1.0/self-invoice=warn`. Allt annat stoppas; struktur, mottagare, typ och valuta alltid. docs/documents.md säger vilka regler som är vilka.',
  outboxBatch: 'Så många svar skickas till köhanteraren innan deras kvitton inväntas.',
  signingKeyFile: 'PEM-fil med den privata P-256-nyckel som signerar kuvert.',
  signingCertificateFile: 'PEM-fil med signeringsnyckelns certifikat.',
  signingOldCertificatesFile:
    'PEM-fil med certifikaten för signeringsnycklar som är äldre än databasen. Alla som har använts sedan dess finns ändå i nyckellistan på `/.well-known/jwks.json`.',
  clientKeyFile: 'PEM-fil med den privata nyckel som vi visar för leverantörernas ändpunkter.',
  clientCertificateFile: 'PEM-fil med vårt klientcertifikat och dess kedja.',
  caFile: 'PEM-fil med de utfärdare som utfärdar leverantörernas certifikat.',
  credentialsReload:
    'Hur ofta filerna med våra egna nycklar och certifikat, och utfärdarnas, läses om. Det som har ändrats och är rätt, eller vars tid har kommit (`.next`), används från och med då utan omstart; det som inte är rätt används inte, och loggen säger varför. SIGHUP gör det genast.',
  signingAhead:
    'Hur länge nyckeln i ett ändrat KUVERT_SIGNING_CERTIFICATE_FILE finns i nyckellistan på `/.well-known/jwks.json` innan en roll som kör signerar med den; mer än de fem minuter som leverantörer får spara listan, och inte mindre än KUVERT_CREDENTIALS_RELOAD, inom vilken alla processer har den i sin lista.',
  retrySchedule: 'Väntan mellan försök, för leveranserna till en adress och för ett meddelande; den sista upprepas.',
  retryTotal: 'Hur länge försöken pågår; sedan stoppas meddelandet, eller leveranserna, i väntan på en operatör.',
  retryJitter: 'Varje väntan sprids med plus eller minus den här andelen.',
  retryAfterMost: 'Längsta `Retry-After` från en ändpunkt som respekteras.',
  heldProbe: 'Hur ofta leveranser som är stoppade på grund av sin ändpunkt prövas.',
  failuresBackOff: 'Så många olika meddelanden som misslyckas i rad innan leveranserna väntar ut.',
  refusalsHold: 'Så många olika meddelanden som avvisas i rad innan leveranserna stoppas och meddelandena väntar igen.',
  connectTimeout: 'Längsta väntan på TCP och TLS med en ändpunkt.',
  pushTimeout: 'Längsta tid för en hel sändning, från anslutningen till slutet av svarets huvud.',
  lease: 'Hur länge en process får hålla en adress leveranser utan att bokföra; mer än tiden för en sändning med 5 s.',
  drainSlice: 'Leveranser under ständig trafik lämnar sin plats efter så lång tid.',
  drainConcurrency: 'Så många adressers leveranser sköter en process samtidigt.',
  sweepEvery: 'Hur ofta PostgreSQL tillfrågas om det som är dags och som Redis har glömt.',
  answerBytes: 'Så mycket läses som mest av en ändpunkts svar innan anslutningen stängs.',
  answerExcerpt: 'Så mycket sparas som mest av en ändpunkts svar i försökets bokföring.',
  egressAllow:
    'Privata eller lokala nät (CIDR, med komma emellan) som ändpunkter får ligga i; metadataadresser aldrig.',
  egressProxy:
    'Den HTTP-proxy som ändpunkter nås genom: `http://user:password@host:port` eller `https://…`. Den tillfrågas (CONNECT) om adresser som har slagits upp och bedömts här. Andra programs proxyvariabler läses inte.',
  egressProxyCaFile:
    'PEM-fil med de utfärdare som får ha utfärdat certifikatet för en `https://`-proxy (förvalt: datorns egna).',
  auditHeadInterval:
    'Hur ofta granskningsloggens nyaste rad signeras, när det finns nya. En av de processer som kör `delivery` eller `supplier-api` gör det.',
  auditHeadFile:
    'Filen som granskningsloggens signerade huvuden läggs till i, utanför databasen; docs/operations/audit.md. Inte angivet: bara databasen har dem, och kan inte visa att den har kapats eller bytts ut.',
  logLevel: 'De minst viktiga loggrader som skrivs.',
  logPretty: 'Loggrader för en människa i stället för JSON.',
  stopTimeout:
    'Hur lång tid ett stopp får ta, allt som allt. Sändningar ges upp något tidigare så att det bokförs; det som inte är klart då lämnas som efter en krasch: inget går förlorat.',
  metricsHost:
    'Var lyssnaren för mätvärden och hälsa är bunden. Den frågar ingen vem den är: håll den på den här datorn eller i ett eget nät.',
  metricsPort:
    'Porten för `/metrics`, `/healthz` och `/readyz` (docs/metrics.md); 0 tar en ledig. Varje process behöver sin egen. Inte angivet: det finns ingen sådan lyssnare, och inget räknas.',
  readyDeliveryLate:
    'I rollen `delivery`: `/readyz` säger nej när något i en leverantörs kö har varit på tur så länge, ingen arbetar med det och inget i kön rör sig.',
  readyOutboxLate:
    'I rollen `intake`: `/readyz` säger nej när det äldsta svaret till KA har väntat så länge, och fortfarande är samma.',
  readyBrokerAway:
    'I rollen `intake`: `/readyz` säger nej när ingen prenumeration har funnits hos någon köhanterare så länge.',
} as const satisfies Partial<Record<SettingKey, string>>;
