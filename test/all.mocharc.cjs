'use strict';

/** All tests, for `npm test`: what takes longest begins first, so that no file is left running alone at the end. */
const { globSync } = require('node:fs');
const settings = require('./integration/.mocharc.json');

/** Files that take ten seconds or more on two cores, the longest first. The rest runs in the order of its names. */
const longest = [
  'the-examples-fetch-what-waits',
  'every-page-of-the-console-speaks-one-language-and-fits-a-telephone',
  'every-page-of-the-console-passes-axe-in-both-themes',
  'gateway-killed-at-each-step-of-drain',
  'delivery-mode-changes-under-load-and-nothing-is-lost-or-doubled',
  'the-first-message-of-the-guide-for-suppliers',
  'redis-killed-for-20-s',
  'gateway-killed-at-each-step-of-a-fetch-and-a-receipt',
  'demo-plays-to-its-end',
  'postgresql-restarted',
  'a-supplier-enrols-and-renews-by-command',
  'the-whole-road-of-the-certificates-page',
  'the-restore-drill-of-the-backup-page',
  'processes-share-the-signing-of-the-audits-heads',
  'gateway-killed-at-each-step-of-a-mandates-end',
  'the-production-order-of-the-certificates-page',
  'the-examples-go-on-after-trouble',
  'est-gives-a-certificate-for-codes-and-for-the-certificate-before-it',
  'a-wake-between-nothing-due-and-asleep-is-not-lost',
  'a-hostile-endpoint-costs-nobody-but-its-own-lane',
  'the-readme-can-be-followed',
  'bench-scenarios-run',
  'private-servers-end-with-their-owner',
  'gateway-killed-at-each-step-of-receive',
].map((name) => `test/integration/${name}.test.ts`);

const all = globSync('test/{unit,integration}/**/*.test.ts').sort();
const gone = longest.filter((file) => !all.includes(file));
if (gone.length > 0) throw new Error(`test/all.mocharc.cjs names what is not there: ${gone.join(', ')}`);

module.exports = { ...settings, jobs: 4, spec: [...longest, ...all.filter((file) => !longest.includes(file))] };
