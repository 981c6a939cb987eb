/** Whatever anybody sends to the page behind a letter's link: the password is shown once, to who has the link and the right PIN. */
import { strict as assert } from 'node:assert';
import { createHash, randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arbitrary, array, constantFrom, integer, oneof, option, record } from 'fast-check';
import { hashPin, makeLink } from '../../../src/enrolment/codes.ts';
import { type Edit, edited, edits, type Grammar } from '../edits.ts';
import { httpOf, openStage, type Stage, statusesIn } from '../enrolment-stage.ts';
import { opened, type Target } from '../target.ts';
import { oddText, oddWords } from '../words.ts';

interface Visit {
  /** `LINK` and `PIN` are those of the order. */
  readonly line: string;
  readonly headers: readonly string[];
  readonly form: string | null;
  readonly changes: readonly Edit[];
  /** What a right one gets. */
  readonly right: 'page' | 'sms' | 'password' | undefined;
}

const form = 'content-type: application/x-www-form-urlencoded';
const plain = { headers: [form], form: null, changes: [] } as const;

const right: Arbitrary<Visit> = constantFrom(
  { ...plain, line: 'GET /orders/LINK', headers: [], right: 'page' as const },
  { ...plain, line: 'GET /orders/LINK?lang=en', headers: ['accept-language: sv'], right: 'page' as const },
  { ...plain, line: 'POST /orders/LINK/pin', headers: [], right: 'sms' as const },
  { ...plain, line: 'POST /orders/LINK', form: 'pin=PIN', right: 'password' as const },
  { ...plain, line: 'POST /orders/LINK?lang=sv', form: 'pin=+PIN+', right: 'password' as const },
);

const link = oneof(
  { weight: 6, arbitrary: constantFrom('LINK') },
  {
    weight: 2,
    arbitrary: constantFrom(
      'A'.repeat(43),
      'LINKA',
      'LIN',
      'LINK/',
      'LINK%00',
      'LINK%2f',
      '%4cINK',
      'LINK;x',
      'LINK/..',
      '../orders/LINK',
      '*',
      '%',
      '%ff',
      '..%2f..',
      '__proto__',
      "'%20or%201=1",
      'x'.repeat(9_000),
    ),
  },
  { weight: 1, arbitrary: oddText.map((text) => encodeURIComponent(text.toWellFormed())) },
);

const query = option(
  constantFrom(
    'lang=sv',
    'lang=en',
    'lang=SV',
    'lang=',
    'lang=sv&lang=en',
    'lang[]=sv',
    'lang=%3Cscript%3E',
    'lang=constructor',
    'pin=PIN',
    '%',
    '__proto__[lang]=en',
  ),
  { freq: 2 },
);

const forms: Arbitrary<string | null> = oneof(
  // Each costs a slow hash.
  {
    weight: 1,
    arbitrary: constantFrom('pin=PIN', 'pin=PIN&pin=000000', 'pin=000000&pin=PIN', 'x=1&pin=PIN', '%70in=PIN'),
  },
  { weight: 2, arbitrary: integer({ min: 0, max: 999_999 }).map((pin) => `pin=${String(pin).padStart(6, '0')}`) },
  {
    weight: 8,
    arbitrary: constantFrom(
      '',
      'pin',
      'pin=',
      'pin=12345',
      'pin=1234567',
      'pin=PINPIN',
      'PIN=PIN',
      'pin[]=PIN',
      'pin=%31%32%33',
      'pin=%00PIN',
      'pin=%ff',
      'pin=%',
      'pin=١٢٣٤٥٦',
      'pin=-00001',
      'pin=1e5',
      '{"pin":"PIN"}',
      `pin=${'0'.repeat(1_200)}`,
      'pin=a&'.repeat(150),
    ),
  },
  { weight: 3, arbitrary: oddText.map((text) => `pin=${encodeURIComponent(text.toWellFormed())}`) },
  { weight: 1, arbitrary: oddText },
  { weight: 3, arbitrary: constantFrom(null) },
);

const grammar: Grammar = {
  values: /(?<=[:/ =?&])[^:/ =?&\r\n]+/g,
  places: /[:/ =?&\n]/g,
  words: [
    ...oddWords,
    'orders',
    'pin',
    'lang=',
    '%2f',
    '%00',
    '//',
    'HEAD',
    'PUT',
    'DELETE',
    'x-http-method-override: POST\r\n',
    'content-type: multipart/form-data; boundary=x\r\n',
    'content-type: application/json\r\n',
    'content-encoding: gzip\r\n',
    'transfer-encoding: chunked\r\n',
    'content-length: 0\r\n',
    'accept-language: xx;q=9,*\r\n',
    'x-forwarded-for: 127.0.0.1\r\n',
    'host: evil.example\r\n',
    'origin: https://evil.example\r\n',
    'cookie: pin=PIN\r\n',
  ],
};

const any = (changes: Arbitrary<readonly Edit[]>): Arbitrary<Visit> =>
  record({
    method: oneof(
      { weight: 4, arbitrary: constantFrom('GET', 'POST') },
      { weight: 1, arbitrary: constantFrom('HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'post') },
    ),
    link,
    below: oneof({ weight: 5, arbitrary: constantFrom('') }, constantFrom('/pin', '/PIN', '/', '/pin/', '//pin')),
    query,
    headers: array(
      oneof(
        { weight: 3, arbitrary: constantFrom(form) },
        constantFrom(
          'content-type: text/plain',
          'content-type: APPLICATION/x-www-form-urlencoded; charset=utf-16',
          'accept-language: en',
          'accept-language: *',
          `accept-language: ${'sv,'.repeat(500)}`,
          'if-none-match: *',
        ),
      ),
      { minLength: 1, maxLength: 2 },
    ),
    form: forms,
    changes,
  }).map(({ method, link: where, below, query: asked, headers, form: body, changes: all }) => ({
    line: `${method} /orders/${where}${below}${asked === null ? '' : `?${asked}`}`,
    headers,
    form: method === 'GET' || method === 'HEAD' ? null : body,
    changes: all,
    right: undefined,
  }));

const inputs: Arbitrary<Visit> = oneof(
  { weight: 1, arbitrary: right },
  { weight: 6, arbitrary: any(constantFrom([] as readonly Edit[])) },
  { weight: 4, arbitrary: any(edits(grammar, 3)) },
);

/** The order that is tried now. */
interface Placed {
  readonly id: string;
  readonly transferId: string;
  readonly link: string;
  pin: string;
  pinHash: string | null;
  pinsSent: number;
}

/** Names as nobody should have them, to be seen whether the page says them or obeys them. */
const odd = {
  description: `"><img src=x onerror='alert(1)'><script>alert(2)</script>&lt;${'å'.repeat(20)}`,
  dnsNames: ['b2b.exempel.se'],
};

export const orders: Target = {
  name: 'orders',
  about: 'links, PINs, forms, languages and methods, right and changed, to the page of a certificate order',
  share: 2,
  limit: 10_000,
  open: async () => {
    const phones = mkdtempSync(join(tmpdir(), 'kuvert-phones-'));
    const stage = await openStage({ KUVERT_SMS_URL: `file:${phones}` });
    let placed = await place(stage);
    let met = 0;
    const meet = async (visit: Visit): Promise<string> => {
      const before = { ...placed };
      const bytes = bytesOf(visit, before);
      const said = await stage.send(bytes, visit.changes.length > 0);
      const statuses = statusesIn(said);
      stage.judgeLog([before.link, ...passwordsIn(said)]);
      judgePage(said, before);
      const now = await read(stage, before.id);
      const shown = passwordsIn(said);
      assert.ok(now.wrong_pins <= 5, `${now.wrong_pins} wrong PINs`);
      assert.equal(now.state === 'locked', now.wrong_pins === 5);
      assert.ok(shown.length <= 1, 'a password is shown once');
      if (now.state === 'opened') {
        assert.ok(hasPosted(bytes, before, true), 'a password for whoever has not the link and the PIN');
        assert.ok(shown.length === 1 || said === '', `${now.state}: ${said}`);
      }
      if (shown.length === 1) {
        assert.equal(now.state, 'opened');
        assert.ok(checks(shown[0] ?? '', now.password_check), 'the password that was shown is the one that counts');
      }
      if (now.pins_sent > before.pinsSent) {
        assert.equal(now.pins_sent, before.pinsSent + 1);
        assert.ok(hasPosted(bytes, before, false), 'an SMS for whoever has not the link');
        placed.pin = smsIn(phones, before.transferId);
      }
      Object.assign(placed, { pinHash: now.pin_hash, pinsSent: now.pins_sent });
      if (visit.right !== undefined) judgeRight(visit.right, said, statuses, before);
      if (now.state !== 'ordered') placed = await place(stage);
      return `${now.pins_sent > before.pinsSent ? 'an SMS' : shown.length === 1 ? 'the password' : (statuses.at(-1) ?? 'hung up without a word')}`;
    };
    return opened({
      inputs,
      meet: async (visit) => {
        const label = await meet(visit);
        if (visit.right === undefined && met++ % 50 === 0) await meet(wellKnown);
        return label;
      },
      close: async () => {
        await stage.close();
        rmSync(phones, { recursive: true });
      },
    });
  },
};

const wellKnown: Visit = { ...plain, line: 'POST /orders/LINK', form: 'pin=PIN', right: 'password' };

function bytesOf({ line, headers, form: body, changes }: Visit, { link: token, pin }: Placed): Buffer {
  const filled = (text: string): string => text.replaceAll('LINK', token).replaceAll(/(?<=[=:"+%\d]|^)PIN/g, pin);
  const bytes = httpOf(
    filled(line).replaceAll(/[\r\n]/g, ''),
    headers,
    body === null
      ? line.startsWith('GET') || line.startsWith('HEAD')
        ? undefined
        : Buffer.alloc(0)
      : Buffer.from(filled(body)),
  );
  return edited(bytes, changes, grammar);
}

/** By a reader of its own: a POST to this link, and the PIN somewhere behind it. */
function hasPosted(bytes: Buffer, { link: token, pin }: Placed, withPin: boolean): boolean {
  const text = bytes
    .toString('latin1')
    .replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const at = text.search(new RegExp(`POST \\S*/orders/${token}`));
  return at >= 0 && (!withPin || text.slice(at).replaceAll(/[\s+]/g, '').includes(`pin=${pin}`));
}

interface Row {
  readonly state: string;
  readonly wrong_pins: number;
  readonly pins_sent: number;
  readonly pin_hash: string | null;
  readonly password_check: Buffer | null;
}

async function read({ pool }: Stage, id: string): Promise<Row> {
  const { rows } = await pool.query<Row & Record<string, unknown>>(
    'select state, wrong_pins, pins_sent, pin_hash, password_check from certificate_order where id = $1',
    [id],
  );
  assert.ok(rows[0]);
  return rows[0];
}

/** As if its letter had come, and a PIN been sent some time ago. */
async function place(stage: Stage): Promise<Placed> {
  const { id, transferId } = await stage.order({ unopened: true });
  const [token, pin] = [makeLink(), String(randomInt(1_000_000)).padStart(6, '0')];
  const pinHash = await hashPin(pin);
  await stage.pool.query(
    `update certificate_order set link_hashes = array[$2::bytea], pin_hash = $3, pins_sent = 1, pin_made_at = now() - interval '1 hour',
            description = $4, dns_names = $5 where id = $1`,
    [id, createHash('sha256').update(token).digest(), pinHash, odd.description, odd.dnsNames],
  );
  return { id, transferId, link: token, pin, pinHash, pinsSent: 1 };
}

const passwordsIn = (said: string): string[] =>
  [...said.matchAll(/TransferPassword<\/dt><dd><code[^>]*>([^<]+)</g)].map(([, password]) => password ?? '');

const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();
const checks = (password: string, kept: Buffer | null): boolean =>
  kept?.equals(sha256(sha256(password.replaceAll('-', '')))) === true;

/** Takes the one SMS that came out of the box. */
function smsIn(folder: string, transferId: string): string {
  const files = readdirSync(folder);
  assert.equal(files.length, 1, 'one SMS');
  const text = readFileSync(join(folder, files[0] ?? ''), 'utf8');
  assert.ok(text.includes(transferId));
  rmSync(join(folder, files[0] ?? ''));
  const pin = /\b\d{6}\b/.exec(text.replace(/^To: .*$/m, ''))?.[0];
  assert.ok(pin);
  return pin;
}

const tags =
  /^(html|head|meta|title|style|body|div|header|strong|nav|a|main|h1|h2|h3|p|dl|dt|dd|code|pre|form|label|input|button|span|ul|ol|li|details|summary|section|small|em|b|br|kbd|table|thead|tbody|tr|th|td)$/;

/** No page runs, loads or leads to anything that is not ours, and none has the PIN in it. */
function judgePage(said: string, { link: token }: Placed): void {
  for (const page of said.match(/<!doctype html>[\s\S]*?<\/html>/g) ?? []) {
    for (const [, tag = '', attributes = ''] of page
      .replace(/<style>[^<]*<\/style>/, '')
      .matchAll(/<([a-z]\w*)([^>]*)>/gi)) {
      assert.match(tag, tags);
      assert.doesNotMatch(attributes, /\son\w+=|javascript:|\ssrc=|\sstyle=/i);
      const [, goes] = /(?:action|href)="([^"]*)"/.exec(attributes) ?? [];
      if (goes !== undefined)
        assert.match(
          goes,
          new RegExp(`^(/orders/[^"]*|\\?lang=(sv|en)|https://kuvert\\.exempel\\.se:8443[^"]*)$`),
          token,
        );
    }
    assert.match(page, /<html lang="(sv|en)">/);
  }
  if (said.includes('<!doctype html>')) {
    assert.match(said, /content-security-policy: default-src 'none'/i);
    assert.match(said, /cache-control: no-store/i);
    assert.match(said, /referrer-policy: no-referrer/i);
  }
}

function judgeRight(
  wanted: NonNullable<Visit['right']>,
  said: string,
  statuses: readonly number[],
  before: Placed,
): void {
  if (wanted === 'password') assert.equal(passwordsIn(said).length, 1, said);
  else if (wanted === 'page') assert.deepEqual(statuses, [200], said);
  // A minute between two, and five in all.
  else assert.ok(statuses[0] === 200 || statuses[0] === 429, `${said} ${before.pinsSent}`);
}
