/** Everything of ours that strangers can reach. */
import type { Target } from './target.ts';
import { answers } from './targets/answers.ts';
import { broker } from './targets/broker.ts';
import { documents } from './targets/documents.ts';
import { envelopes } from './targets/envelopes.ts';
import { est } from './targets/est.ts';
import { frames } from './targets/frames.ts';
import { listener } from './targets/listener.ts';
import { mailbox } from './targets/mailbox.ts';
import { orders } from './targets/orders.ts';
import { suppliers } from './targets/suppliers.ts';
import { whereabouts } from './targets/whereabouts.ts';

export const targets: readonly Target[] = [
  broker,
  frames,
  documents,
  envelopes,
  suppliers,
  whereabouts,
  listener,
  mailbox,
  est,
  orders,
  answers,
];
