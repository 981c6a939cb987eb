/** Whatever anybody sends to EST: who gets a certificate had the codes of an open order, or one that may be renewed, and a whole request. */
import { strict as assert } from 'node:assert';
import { createPrivateKey } from 'node:crypto';
import { type Arbitrary, array, constantFrom, oneof, option, record } from 'fast-check';
import { type Credential, certificateIn, type OpenedOrder } from '../../support/enrolment.ts';
import { certificatesIn } from '../../support/est-client.ts';
import { eventually } from '../../support/eventually.ts';
import { type Edit, edited, edits, type Grammar } from '../edits.ts';
import { httpOf, openStage, type Stage, statusesIn } from '../enrolment-stage.ts';
import {
  type Body,
  bodies,
  bodyOf,
  type MadeRequest,
  madeRequest,
  rightWritings,
} from '../requests-for-certificates.ts';
import { opened, type Target } from '../target.ts';
import { oddText, oddWords } from '../words.ts';

const orders = ['open', 'awaiting', 'expired', 'unopened', 'locked', 'cancelled'] as const;
const callers = ['nobody', 'due', 'early', 'withdrawn', 'ended', 'unknown'] as const;

interface Ask {
  readonly line: string;
  readonly order: (typeof orders)[number];
  /** `ID` and `PASSWORD` are those of the order; null: no header. */
  readonly codes: string | null;
  readonly scheme: string;
  readonly as: (typeof callers)[number];
  readonly body: Body | null;
  readonly headers: readonly string[];
  /** Of all that is sent. */
  readonly changes: readonly Edit[];
  readonly twice: boolean;
  /** Nothing in it is wrong: it is answered with a certificate, or with what does not change. */
  readonly right: boolean;
}

const base = '/.well-known/est';
const type = 'content-type: application/pkcs10';
const plain = { changes: [], twice: false, headers: [type], scheme: 'Basic', right: true } as const;
const whole = (as: Body['as']): Body => ({ of: 'made', changes: [], as });

const right: Arbitrary<Ask> = oneof(
  constantFrom(...rightWritings).map((as) => ({
    ...plain,
    line: `POST ${base}/simpleenroll`,
    order: 'open' as const,
    codes: 'ID:PASSWORD',
    as: 'nobody' as const,
    body: whole(as),
  })),
  constantFrom(...rightWritings).map((as) => ({
    ...plain,
    line: `POST ${base}/simplereenroll`,
    order: 'open' as const,
    codes: null,
    as: 'due' as const,
    body: whole(as),
  })),
  constantFrom('cacerts', 'csrattrs').map((what) => ({
    ...plain,
    line: `GET ${base}/${what}`,
    order: 'open' as const,
    codes: null,
    as: 'nobody' as const,
    headers: [],
    body: null,
  })),
);

const grammar: Grammar = {
  values: /(?<=[:/ =])[^:/ =\r\n]+/g,
  places: /[:/ =\n]/g,
  words: [
    ...oddWords,
    'simpleenroll',
    'simplereenroll',
    'serverkeygen',
    'fullcmc',
    '/label/',
    '%2f',
    'HEAD',
    'PUT',
    'content-transfer-encoding: base64\r\n',
    'content-encoding: gzip\r\n',
    'transfer-encoding: chunked\r\n',
    'content-length: 0\r\n',
    'expect: 100-continue\r\n',
    'authorization: Basic Og==\r\n',
    'authorization: Bearer x\r\n',
    'x-forwarded-for: 127.0.0.1\r\n',
    'x-ssl-client-cert: x\r\n',
    'application/pkcs7-mime',
  ],
};

const lines = [
  ...Array<string>(6).fill(`POST ${base}/simpleenroll`),
  ...Array<string>(4).fill(`POST ${base}/simplereenroll`),
  `GET ${base}/cacerts`,
  `GET ${base}/csrattrs`,
  `GET ${base}/simpleenroll`,
  `HEAD ${base}/cacerts`,
  `POST ${base}/cacerts`,
  `POST ${base}/serverkeygen`,
  `POST ${base}/a/simpleenroll`,
];

const codes: Arbitrary<string | null> = oneof(
  { weight: 6, arbitrary: constantFrom('ID:PASSWORD') },
  {
    weight: 2,
    arbitrary: constantFrom(
      'ID:K7PXM-4QWTZ-9HJKR-3CDEF',
      'K7PXM-4QWTZ:PASSWORD',
      'PASSWORD:ID',
      'ID',
      'ID:',
      ':PASSWORD',
      ':',
      'ID:PASSWOR',
      'ID:PASSWORDA',
      'ID:PASSWORD\0',
      'ID\0:PASSWORD',
      'ID PASSWORD',
      "ID' or '1'='1:PASSWORD",
      '%:PASSWORD',
      'ID:ID:PASSWORD',
    ),
  },
  { weight: 1, arbitrary: oddText.map((text) => `ID:${text}`) },
  { weight: 1, arbitrary: oddText.map((text) => `${text}:PASSWORD`) },
  { weight: 1, arbitrary: constantFrom(null) },
);

const any = (changes: Arbitrary<readonly Edit[]>): Arbitrary<Ask> =>
  record({
    line: constantFrom(...lines),
    order: oneof(
      { weight: 6, arbitrary: constantFrom('open' as const) },
      { weight: 2, arbitrary: constantFrom(...orders) },
    ),
    codes,
    scheme: oneof(
      { weight: 8, arbitrary: constantFrom('Basic') },
      { weight: 1, arbitrary: constantFrom('basic', 'BASIC ', 'Digest', 'Bearer', 'Basic Basic', '') },
    ),
    as: oneof({ weight: 2, arbitrary: constantFrom('nobody' as const) }, constantFrom(...callers)),
    body: option(bodies, { freq: 12 }),
    headers: array(
      constantFrom(
        type,
        type,
        type,
        type,
        'content-type: text/plain',
        'content-type: APPLICATION/PKCS10; x=y',
        'accept: x',
      ),
      { minLength: 1, maxLength: 2 },
    ),
    changes,
    twice: constantFrom(false),
    right: constantFrom(false),
  });

const inputs: Arbitrary<Ask> = oneof(
  { weight: 1, arbitrary: right },
  { weight: 5, arbitrary: any(constantFrom([] as readonly Edit[])) },
  { weight: 4, arbitrary: any(edits(grammar, 3)) },
  // One behind the other on one connection.
  { weight: 1, arbitrary: any(constantFrom([] as readonly Edit[])).map((ask) => ({ ...ask, twice: true })) },
);

/** Who is there to ask with. What is used up is made anew. */
interface Cast {
  readonly orders: Record<(typeof orders)[number], OpenedOrder>;
  readonly callers: Record<Exclude<(typeof callers)[number], 'nobody'>, Credential>;
  request: MadeRequest;
  readonly issuances: Set<string>;
}

export const est: Target = {
  name: 'est',
  about: 'certificate requests, codes and client certificates, right and changed, to EST, with the authority behind it',
  share: 3,
  limit: 10_000,
  open: async () => {
    const stage = await openStage();
    const cast = await castOf(stage);
    const fixed = new Map<string, string>();
    let met = 0;
    const meet = async (ask: Ask): Promise<string> => {
      const order = cast.orders[ask.order];
      const secret = order.password;
      const caller = ask.as === 'nobody' ? undefined : cast.callers[ask.as];
      const bytes = bytesOf(ask, order, cast.request.der);
      const said = await stage.send(
        bytes,
        ask.changes.length > 0,
        caller && { key: caller.keyPem, cert: caller.certificatePem },
      );
      const statuses = statusesIn(said);
      assert.ok(!said.includes(secret), 'the password came back');
      stage.judgeLog([secret, secret.replaceAll('-', '')]);
      const got = await judgeIssued(stage, cast, ask, bytes);
      const path = /^(\S+ \S+)/.exec(ask.line)?.[1] ?? '';
      if (ask.right) {
        assert.deepEqual(statuses, [200], said.slice(0, 2_000));
        const body = said.slice(said.indexOf('\r\n\r\n') + 4);
        if (path.startsWith('GET')) assert.equal(body, fixed.get(path) ?? fixed.set(path, body).get(path));
        else judgeCertificate(body, cast.request);
      } else if (got === 0) {
        // Without an issuance the only certificates that are handed out are those of the authorities.
        for (const [, handed] of said.matchAll(/\r\n\r\n(MI[A-Za-z0-9+/=]{200,}?)(?=HTTP\/1\.1 |$)/g))
          assert.equal(handed, await cacerts(stage));
      }
      if (got > 0) {
        await renew(stage, cast, ask);
        cast.request = await madeRequest();
      } else await judgeOrder(stage, cast, ask);
      return `${path.split('/').at(-1)} ${got > 0 ? '200, a certificate' : (statuses.at(-1) ?? 'hung up without a word')}`;
    };
    return opened({
      inputs,
      meet: async (ask) => {
        const label = await meet(ask);
        // Whoever comes next with what is right gets it.
        if (!ask.right && met++ % 50 === 0) {
          await meet(wellKnown);
          await judgeRegister(stage);
        }
        return label;
      },
      close: () => stage.close(),
    });
  },
};

const wellKnown: Ask = {
  ...plain,
  line: `POST ${base}/simpleenroll`,
  order: 'open',
  codes: 'ID:PASSWORD',
  as: 'nobody',
  body: whole('base64'),
};

function bytesOf(ask: Ask, order: OpenedOrder, der: Buffer): Buffer {
  const { codes: given, scheme, headers, body, line, changes, twice } = ask;
  const text = given?.replaceAll('ID', order.transferId).replaceAll('PASSWORD', order.password);
  const login = text === undefined ? [] : [`authorization: ${scheme} ${Buffer.from(text).toString('base64')}`];
  const bytes = httpOf(line, [...login, ...headers], body === null ? undefined : bodyOf(body, der));
  const all = twice
    ? Buffer.concat([Buffer.from(bytes.toString('latin1').replace('connection: close\r\n', ''), 'latin1'), bytes])
    : bytes;
  return edited(all, changes, grammar);
}

/** By a reader of its own: whether these codes stand in what was sent. */
function hasCodes(bytes: Buffer, { transferId, password }: OpenedOrder): boolean {
  const bare = (text: string): string => text.replaceAll(/[\s-]/g, '').toUpperCase();
  const logins = [...bytes.toString('latin1').matchAll(/basic +([a-z0-9+/]+)/gi)];
  return logins.some(([, text = '']) => {
    const [id = '', ...rest] = Buffer.from(text, 'base64').toString('utf8').split(':');
    return bare(id) === bare(transferId) && bare(rest.join(':')) === bare(password);
  });
}

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly order_id: string | null;
  readonly renews: string | null;
  readonly request: Buffer;
  readonly state: string;
}

/** What was asked of the authority since the last input. @returns certificates */
async function judgeIssued({ pool }: Stage, cast: Cast, ask: Ask, bytes: Buffer): Promise<number> {
  const rows = await eventually('the authority has decided', async () => {
    const { rows: newest } = await pool.query<Row & Record<string, unknown>>(
      'select id, kind, order_id, renews, request, state from issuance order by asked_at desc limit 5',
    );
    return newest.every(({ state }) => state === 'issued' || state === 'refused') && newest;
  });
  const fresh = rows.filter(({ id }) => !cast.issuances.has(id));
  let issued = 0;
  for (const row of fresh) {
    cast.issuances.add(row.id);
    // A changed request is another one: its signature does not hold.
    assert.ok(row.request.equals(cast.request.der), `a request that nobody signed: ${row.request.toString('hex')}`);
    if (row.state === 'refused') continue;
    assert.equal(row.state, 'issued', JSON.stringify(row));
    issued += 1;
    if (row.kind === 'enrol') {
      assert.equal(row.order_id, cast.orders.open.id);
      assert.equal(ask.order, 'open');
      assert.ok(hasCodes(bytes, cast.orders.open), 'without the codes');
    } else {
      assert.equal(ask.as, 'due');
      assert.equal(row.renews, fingerprintOf(cast.callers.due));
    }
  }
  assert.ok(issued <= 1, 'two certificates for one question');
  return issued;
}

/** One more wrong password at most for each request in it; the fifth locks. */
async function judgeOrder(stage: Stage, cast: Cast, ask: Ask): Promise<void> {
  const { rows } = await stage.pool.query<{ state: string; wrong_passwords: number }>(
    'select state, wrong_passwords from certificate_order where id = $1',
    [cast.orders[ask.order].id],
  );
  const { state, wrong_passwords: wrong } = rows[0] ?? { state: '', wrong_passwords: 0 };
  assert.ok(wrong <= 5, `${wrong} wrong passwords`);
  assert.notEqual(state, 'fetched', 'nobody has the certificate');
  if (ask.order === 'open' && state === 'locked') {
    assert.equal(wrong, 5);
    cast.orders.open = await stage.order();
  }
  if (ask.order === 'awaiting' && state === 'locked') cast.orders.awaiting = await stage.order({ approval: 'awaited' });
  if (ask.order === 'expired' && state === 'locked') cast.orders.expired = await expiredOrder(stage);
}

async function renew(stage: Stage, cast: Cast, ask: Ask): Promise<void> {
  const { rows } = await stage.pool.query('select 1 from certificate_order where id = $1 and state = $2', [
    cast.orders.open.id,
    'fetched',
  ]);
  if (rows.length > 0) cast.orders.open = await stage.order();
  if (ask.as === 'due') cast.callers.due = await registered(stage, 30);
}

function judgeCertificate(body: string, { keyPem }: MadeRequest): void {
  const [certificate, ...more] = certificatesIn(Buffer.from(body, 'latin1'));
  assert.ok(certificate && more.length === 0, 'exactly one certificate');
  assert.ok(certificate.x509.checkPrivateKey(createPrivateKey(keyPem)), 'it is for the key of the request');
}

/** Of all that was issued: each for one order or one certificate, and each in the register. */
async function judgeRegister({ pool }: Stage): Promise<void> {
  const { rows } = await pool.query<{ wrong: number }>(
    `select count(*) as wrong from issuance i left join certificate c on c.fingerprint = i.fingerprint
      where i.state = 'issued' and (c.fingerprint is null or c.spki_sha256 <> i.spki_sha256
        or i.kind = 'enrol' and c.order_id is distinct from i.order_id or i.kind = 'renew' and c.renews is distinct from i.renews)`,
  );
  assert.equal(rows[0]?.wrong, 0);
}

const cacerts = async ({ send }: Stage): Promise<string> => {
  const said = await send(httpOf(`GET ${base}/cacerts`, [], undefined), false);
  return said.slice(said.indexOf('\r\n\r\n') + 4);
};

const day = 86_400_000;
const fingerprintOf = ({ certificatePem }: Credential): string => certificateIn(certificatePem).fingerprint;

const expiredOrder = (stage: Stage): Promise<OpenedOrder> =>
  stage.order({ orderedAt: new Date(Date.now() - 15 * day) });

/** A client's certificate with so many days left. */
const credentialFor = (stage: Stage, left: number): Promise<Credential> =>
  stage.credential('Exempel', 'pull-client', { from: new Date(Date.now() - (365 - left) * day), lifetime: 365 * day });

/** The same, in the register. */
async function registered(stage: Stage, left: number, withdrawn = false): Promise<Credential> {
  const credential = await credentialFor(stage, left);
  const { fingerprint, pem, subject, notBefore, notAfter } = certificateIn(credential.certificatePem);
  await stage.pool.query(
    `insert into certificate (fingerprint, organisation_number, pem, subject, not_before, not_after, withdrawn_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [fingerprint, stage.organisationNumber, pem, subject, notBefore, notAfter, withdrawn ? new Date() : null],
  );
  return credential;
}

async function castOf(stage: Stage): Promise<Cast> {
  const locked = await stage.order();
  const cancelled = await stage.order();
  for (const [{ id }, state] of [
    [locked, 'locked'],
    [cancelled, 'cancelled'],
  ] as const)
    await stage.pool.query('update certificate_order set state = $2 where id = $1', [id, state]);
  return {
    orders: {
      open: await stage.order(),
      awaiting: await stage.order({ approval: 'awaited' }),
      expired: await expiredOrder(stage),
      unopened: await stage.order({ unopened: true }),
      locked,
      cancelled,
    },
    callers: {
      due: await registered(stage, 30),
      early: await registered(stage, 100),
      withdrawn: await registered(stage, 30, true),
      ended: await registered(stage, -1),
      unknown: await credentialFor(stage, 30),
    },
    request: await madeRequest(),
    issuances: new Set(),
  };
}
