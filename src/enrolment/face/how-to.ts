/** Commands that fetch the certificate, ready to copy: docs/certificates.md has the same. */
import { type Html, html } from '../../platform/html.ts';
import type { Seen } from '../open-order.ts';
import type { Word } from './words.ts';

export interface Fetching {
  /** Origin of the suppliers' listener. */
  readonly publicUrl: string;
  /** SHA-256 of the root certificates, lower-case hex; several while a new root is brought in. */
  readonly roots: readonly string[];
}

export function howTo(
  { transferId, password }: { readonly transferId: string; readonly password: string; readonly order: Seen },
  { publicUrl, roots }: Fetching,
  say: (word: Word) => string,
): Html {
  const [root = ''] = roots;
  const file = say('codes-file');
  return html`<h2>${say('root')}</h2>
${roots.map((one) => html`<p><code>${one}</code></p>`)}<p class="soft">${say('root-note')}</p>
<h2>${say('how')}</h2>
<h3>${say('how-kuvert')}</h3>
<pre>${enrolCommand(publicUrl, transferId, root)}</pre><p class="soft">${say('how-kuvert-note')}</p>
<p>${say('how-renew')}</p><pre>kuvert renew kuvert-certificate --if-due --quiet</pre>
<h3>${say('how-curl')}</h3>
<p>${say('how-codes-file')}</p><pre>user = "${transferId}:${password}"</pre>
<p>${say('how-root')}</p><pre>${cacertsCommands(publicUrl, roots)}</pre>
<p>${say('how-enrol')}</p><pre>${curlCommands(file)}</pre>`;
}

const enrolCommand = (publicUrl: string, transferId: string, root: string): string =>
  `kuvert enrol ${publicUrl} \\
  --transfer-id ${transferId} \\
  --root-sha256 ${root}`;

/**
 * Nobody is trusted here: of what comes, only what has the SHA-256 of the page is kept. Whoever stands in between could hand out our
 * root and one of their own beside it.
 */
const cacertsCommands = (publicUrl: string, roots: readonly string[]): string =>
  `est=${publicUrl}/.well-known/est
curl --silent --insecure $est/cacerts | openssl base64 -d -A \\
  | openssl pkcs7 -inform DER -print_certs \\
  | awk '/BEGIN/ { n += 1 } n { print > ("shown-" n ".pem") }'
for shown in shown-*.pem; do
  if openssl x509 -in $shown -noout -fingerprint -sha256 | tr -d : \\
    | grep -qi -e ${roots.join(' -e ')}
  then cat $shown >> ca.pem; fi
done
openssl x509 -in ca.pem -noout -subject`;

const curlCommands = (file: string): string =>
  `openssl genpkey -algorithm EC \\
  -pkeyopt ec_paramgen_curve:P-256 -out key.pem
openssl req -new -key key.pem -subj /CN=kuvert -outform DER \\
  | openssl base64 -A > request.b64
curl --silent --show-error --fail-with-body \\
  --cacert ca.pem --config ${file} \\
  --header 'Content-Type: application/pkcs10' \\
  --data-binary @request.b64 --output answer.p7 \\
  $est/simpleenroll
openssl base64 -d -A -in answer.p7 \\
  | openssl pkcs7 -inform DER -print_certs -out certificate.pem`;
