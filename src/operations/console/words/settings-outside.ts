/** What the settings of the listeners, of certificate orders and of the authority do, in Swedish. */
import type { SettingKey } from '../../../platform/config/settings.ts';

export const outsideSettings = {
  supplierHost: 'Var leverantörernas lyssnare är bunden.',
  supplierPort: 'Porten för leverantörernas lyssnare; 0 tar en ledig.',
  supplierKeyFile: 'PEM-fil med den privata nyckeln för leverantörernas lyssnare.',
  supplierCertificateFile: 'PEM-fil med certifikatet för leverantörernas lyssnare och dess kedja.',
  supplierConnections: 'Så många anslutningar tar leverantörernas lyssnare i en process som mest.',
  supplierConnectionsEach:
    'Av dem som mest för en organisation; en begäran på en till besvaras med 429, och anslutningen stängs.',
  supplierStrangers:
    'Av dem som mest från ett nät (en IPv4-adress, de första 64 bitarna av en IPv6-adress) där inget godtaget certifikat har gjort en begäran ännu; en till bryts före sin handskakning. Bakom en lastfördelare som döljer varifrån anslutningar kommer: lika många som KUVERT_SUPPLIER_CONNECTIONS.',
  supplierRate:
    'Begäranden per sekund som en organisation får göra hos en process, i längden; fler besvaras med 429 och `Retry-After`. Begäranden utan godtaget certifikat räknas på det nät de kommer från.',
  supplierBurst: 'Så många begäranden får den göra på en gång efter en paus.',
  supplierWaits:
    'Så många begäranden från en organisation får samtidigt vänta på att något kommer; en till besvaras med 429.',
  supplierAtOnce:
    'Så många begäranden från en organisation arbetar en process med på en gång; var och en håller en anslutning till PostgreSQL, i 5 till 10 sekunder där den väntar på ett lås förgäves. Av KUVERT_DATABASE_CONNECTIONS är en tiondel reserverad för att slå upp vem som ringer, och av resten (18 av 20) får en organisation aldrig den sista. Säkert är det här talet gånger antalet organisationer som kan fastna samtidigt, så länge det är mindre än den resten: fyra med de förvalda värdena.',
  supplierQueue:
    'Så många begäranden från en organisation får köa för det; en till besvaras med 429 och `Retry-After`. Om alla väntar på ett lås förgäves får den sista av 16 bakom fyra sitt svar efter 25 till 50 sekunder. Inte mindre än KUVERT_SUPPLIER_WAITS: alla läser brevlådan på en gång när något kommer.',
  supplierAnswerTimeout: 'Hur lång tid en klient får på sig att läsa ett svar; sedan bryts anslutningen.',
  operatorHost:
    'Var operatörernas lyssnare är bunden. Någon annanstans än på den här datorn kräver den nyckel och certifikat.',
  operatorPort: 'Porten för operatörernas lyssnare; 0 tar en ledig.',
  operatorKeyFile:
    'PEM-fil med den privata nyckeln för operatörernas lyssnare. Utelämnad, liksom certifikatet: den talar okrypterad HTTP, som är till för den här datorn eller en proxy på den.',
  operatorCertificateFile: 'PEM-fil med certifikatet för operatörernas lyssnare och dess kedja.',
  operatorUrl:
    'Var webbläsare når konsolen: `https://kuvert.example`. En begäran till en annan värd avvisas. Utelämnad: `https://` eller `http://` (utan certifikat), KUVERT_OPERATOR_HOST och porten.',
  sessionIdle: 'Hur länge en operatör får vara overksam innan hen måste logga in igen.',
  sessionLifetime: 'Hur länge en session varar som mest, vad som än görs i den.',
  signInTries: 'Så många felaktiga lösenord i rad låser ett konto under KUVERT_SIGN_IN_LOCK.',
  signInLock: 'Hur länge det då är låst.',
  oidcIssuer:
    'Den OpenID Connect-tjänst som operatörer loggar in med, så som den kallar sig själv: `https://login.example.se/realms/staff`. Det som behöver vara känt om den läses från `/.well-known/openid-configuration` under den. Utelämnad, liksom de tre som hör till: bara lokala konton.',
  oidcClientId: 'Vad inloggningstjänsten kallar den här konsolen.',
  oidcClientSecret: 'Hemligheten som konsolen har fått av inloggningstjänsten.',
  oidcRoles:
    'Vilka värden i KUVERT_OIDC_ROLES_CLAIM som ger vilka roller: `kuvert-operators=operator; kuvert-admins=administrator,auditor`. Roller läggs ihop. Den som inte har något av värdena kommer inte in.',
  oidcRolesClaim:
    'Den uppgift (claim) som läses: en text eller en lista med texter, i ID-token eller annars i svaret från user info. `realm_access.roles` är `roles` i `realm_access`, om ingen uppgift heter så i sin helhet.',
  oidcScope:
    'Vad inloggningstjänsten tillfrågas om, med `openid` bland orden; en del vill ha ett ord till för grupper.',
  oidcName: 'Inloggningstjänstens namn på knappen ”Logga in med …”.',
  oidcCaFile:
    'PEM-fil med de utfärdare som får ha utfärdat inloggningstjänstens certifikat (förvalt: de som Node känner till).',
  orderApproval:
    'Om någon annan än den som lade en certifikatbeställning måste godkänna den (`kuvert certificate approve`) innan det blir ett certifikat. Kommandot som beställer säger det till den tekniska kontakten; rollen `ca` håller fast vid det.',
  publicUrl:
    'Var leverantörer når sin lyssnare: `https://kuvert.example:8443`. Länkar i brev börjar så, och därför måste den anges där KUVERT_MAIL_URL är angiven.',
  mailUrl:
    'E-postservern för brev till tekniska kontakter: `smtp://user:password@host:587` (kräver STARTTLS, utom på den här datorn; `?starttls=optional` tar det som finns), `smtps://host:465`, eller `file:FOLDER`, som skriver varje brev i mappen. Utelämnad: breven väntar.',
  mailFrom: 'Vem breven är ifrån.',
  mailCaFile:
    'PEM-fil med de utfärdare som får ha utfärdat e-postserverns certifikat (förvalt: de som Node känner till).',
  smsUrl:
    'Det SMS-konto hos 46elks som PIN-koder skickas med: `https://user:password@api.46elks.com/a1/sms`; eller `file:FOLDER`, som skriver dem i mappen. Utelämnad: PIN-koden visas för den som beställer. Kommandon måste ha samma värde som leverantörernas lyssnare.',
  smsFrom:
    'Vem SMS:en är ifrån: högst 11 bokstäver och siffror som börjar med en bokstav, eller ett av kontots telefonnummer.',
  wrongGuesses:
    'Så många felaktiga länkar, PIN-koder och överföringslösenord får komma från ett nät (som i KUVERT_SUPPLIER_STRANGERS) inom en timme hos en process; sedan blir svaret 429 tills de är en timme gamla. Varje beställning har fem egna utöver det.',
  expiryNotices:
    'Hur långt före slutet av ett certifikat, eller en fullmakt, som inget följer efter som de tekniska kontakterna får veta det, liksom operatörer (`kuvert incident list`); en gång för varje, och för ett certifikat en gång till när det har gått ut.',
  caKeyFile: 'PEM-fil med utfärdarens privata nyckel. Bara rollen `ca` öppnar den.',
  caKeyPassphraseFile: 'Fil med lösenfrasen till den nyckeln, om den är krypterad; ett radslut efter den räknas inte.',
  caCertificateFile: 'PEM-fil med utfärdarens certifikat, och dem ovanför, i ordning.',
  caOldKeyFile:
    'PEM-fil med den privata nyckeln för utfärdaren före den här: den utfärdar inget mer, och dess spärrlistor fortsätter så länge dess certifikat används.',
  caOldKeyPassphraseFile: 'Fil med lösenfrasen till den nyckeln, om den är krypterad.',
  caOldCertificateFile:
    'PEM-fil med dess certifikat, och dem ovanför, i ordning; anges där KUVERT_CA_OLD_KEY_FILE är angiven.',
  certificateLifetime: 'Hur länge ett certifikat gäller; aldrig längre än utfärdarens.',
  renewalFrom: 'Hur långt före sitt slut ett certifikat får förnyas.',
  crlUrl:
    'Var utomstående hittar spärrlistorna: `http://host:port`. Certifikat anger sin utfärdares lista under den, på `/crl/…`. Okrypterad HTTP, för den som hämtar en lista har ingen ännu.',
  crlInterval: 'Hur ofta en ny spärrlista görs; dessutom inom några sekunder efter en spärrning.',
  crlLifetime:
    'Hur länge en spärrlista får användas; program utan en nyare litar då inte på något certifikat, så den är längre än KUVERT_CRL_INTERVAL.',
  crlHost: 'Var lyssnaren för spärrlistor är bunden.',
  crlPort:
    'Porten för lyssnaren för spärrlistor (okrypterad HTTP) i rollen `supplier-api`; 0 tar en ledig. Utelämnad: den här processen lämnar inte ut dem.',
} as const satisfies Partial<Record<SettingKey, string>>;
