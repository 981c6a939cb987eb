/** What the push is given of settings, credentials and register. */
import { createPusher } from '../delivery/push/push.ts';
import { readProxy } from '../delivery/push/tunnel.ts';
import type { Judgement, Target } from '../delivery/push/types.ts';
import { judgePeer } from '../pki/judge-peer.ts';
import type { Settings } from '../platform/config/settings.ts';
import type { Log } from '../platform/log.ts';
import type { LaneTarget } from '../store/lane/target.ts';
import type { DeliveryCredentials } from './credentials.ts';

type PushSettings = Pick<
  Settings,
  'connectTimeout' | 'pushTimeout' | 'answerBytes' | 'answerExcerpt' | 'egressAllow' | 'egressProxy'
>;

/** A pusher with the settings' limits and the credentials of the moment. */
export function pusherOf(settings: PushSettings, credentials: () => DeliveryCredentials, log: Log, version: string) {
  const { proxyCa } = credentials();
  return createPusher({
    credential: () => credentials().client,
    judgePeer: (shown, target: Target, now): Judgement =>
      judgePeer({
        shown,
        authorities: credentials().authorities,
        registered: target.certificates,
        now: new Date(now),
        role: 'server',
      }),
    now: Date.now,
    limits: settings,
    egressAllow: settings.egressAllow,
    egressProxy: settings.egressProxy === undefined ? undefined : readProxy(settings.egressProxy, proxyCa),
    log,
    version,
  });
}

/** The version names all that a kept connection must not outlive. */
export function targetOf(target: LaneTarget, { authoritiesVersion }: DeliveryCredentials): Target {
  const register = target.certificates.map((one) => `${one.fingerprint}${one.withdrawn ? '-' : '+'}`).sort();
  return {
    addressId: target.lane,
    url: target.url,
    version: [target.version, target.url, authoritiesVersion, ...register].join(' '),
    certificates: target.certificates,
    connections: target.concurrency,
  };
}
