/** Ways to break the gateway on purpose, to see that a campaign notices: each takes away one thing that keeps messages safe. */

export const breakages = {
  'ack-before-commit': 'intake acknowledges frames first and stores them afterwards',
  'no-pin': 'whatever certificate an endpoint shows will do',
  'epoch-ignored': 'a worker goes on with a lane that another has taken meanwhile',
  'arm-without-look': 'a worker does not look again after it has set the alarm, and nobody sweeps',
  'numbers-guessed': 'what became of a number is not looked up, it is called delivered',
  'any-receipts': 'receipts are taken from whoever shows a certificate, for any message',
  'register-remembered': 'whatever certificate was good once is good for ever: a revocation is not looked at',
} as const;
export type Breakage = keyof typeof breakages;
