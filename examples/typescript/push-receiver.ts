/** Receives what a Kuvert gateway pushes: an HTTPS endpoint that lets in the gateway and nobody else. Settings: README.md. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createHandler, createTake, keysFromUrl, onlyCertificates, openFolder } from 'kuvert/receiver';
import { setting } from './setting.ts';

const ca = readFileSync(setting('CA'), 'utf8');

// Verifies, sees that it is ours, drops repeats, writes to disk.
const take = createTake({
  store: openFolder(setting('FOLDER')),
  keys: keysFromUrl(`${setting('GATEWAY')}/.well-known/jwks.json`, { ca }),
  recipients: [setting('ORGANISATION')],
  environment: setting('ENVIRONMENT') === 'production' ? 'production' : 'test',
});

const app = express();
// No parser of bodies before it: the signature is over the bytes as they came.
app.use(
  createHandler(take, {
    stranger: onlyCertificates([setting('CLIENT')]),
    onEvent: (event) =>
      console.log(
        event.kind === 'turned-down'
          ? `turned down ${event.status} ${event.detail}`
          : `${event.kind} ${event.message.sequence} ${event.message.id}`,
      ),
  }),
);

// TLS lets in those whom the authority has issued a certificate; of them, `onlyCertificates` wants one.
const server = createServer(
  {
    cert: readFileSync(setting('CERTIFICATE')),
    key: readFileSync(setting('KEY')),
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  },
  app,
);
server.listen(Number(setting('PORT')), process.env['HOST'], () =>
  console.log(`listening on ${(server.address() as AddressInfo).port}`),
);
