import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { orderPage, orderPagePolicy, type Shown } from '../../../../src/enrolment/face/page.ts';
import type { Notice, Seen } from '../../../../src/enrolment/open-order.ts';

const order: Seen = {
  organisation: 'Å & B <i>AB</i>',
  description: '"payroll"',
  type: 'push-endpoint',
  dnsNames: ['b2b.exempel.se'],
  expiresAt: new Date('2030-03-15T12:00:00Z'),
  approval: 'awaited',
  openedAt: new Date('2030-03-02T12:00:00Z'),
  environment: 'test',
  language: 'sv',
  phone: '+46*******67',
  pin: 'sent',
  mayAsk: true,
};
const notices: readonly Notice[] = [
  'pin-sent',
  'pin-too-soon',
  'pin-too-many',
  'pin-failed',
  'pin-wrong',
  'pin-unreadable',
];
const standings = ['opened', 'fetched', 'locked', 'cancelled', 'replaced', 'expired'] as const;
const views: readonly Shown[] = [
  { kind: 'unknown' },
  { kind: 'guesses', waitMs: 90_000 },
  ...standings.map((standing): Shown => ({ kind: 'closed', standing, order })),
  ...(['to-send', 'sent', 'representative', 'none'] as const).map(
    (pin): Shown => ({ kind: 'ask', order: { ...order, pin }, triesLeft: 5 }),
  ),
  ...notices.map((notice): Shown => ({ kind: 'ask', order, notice, triesLeft: 3 })),
  { kind: 'codes', order, transferId: 'K7PXM-4QWTZ', password: '22222-33333-44444-55555' },
];
const parts = { publicUrl: 'https://kuvert.exempel.se', roots: ['ab'.repeat(32), 'cd'.repeat(32)], path: '/orders/x' };

describe('the page behind a link', () => {
  for (const language of ['sv', 'en'] as const)
    it(`in ${language}, in every state: whole, escaped, without scripts or anything from elsewhere`, () => {
      for (const view of views) {
        const text = orderPage(view, { ...parts, language });
        assert.match(text, new RegExp(`^<!doctype html>\n<html lang="${language}">`));
        assert.equal(text.match(/<h1>[^<]+<\/h1>/g)?.length, 1, text);
        assert.ok(
          !/<script|<img|<link|@import|url\(|\bon\w+=|undefined|\{\w+\}(?![^<]*<\/style>)/.test(
            text.replace(/<style>.*<\/style>/s, ''),
          ),
          text,
        );
        assert.ok(!text.includes('<i>AB'), text);
        for (const [, target = ''] of text.matchAll(/(?:href|action)="([^"]*)"/g))
          assert.match(target, /^\/orders\/x(\/pin)?\?lang=(sv|en)$/);
        const { length } = text.match(/<form/g) ?? [];
        assert.ok(view.kind === 'ask' ? length <= 2 : length === 0, text);
        assert.equal(text.includes('hreflang'), view.kind !== 'codes');
        for (const input of text.matchAll(/<input id="(\w+)"/g)) assert.ok(text.includes(`<label for="${input[1]}">`));
      }
    });

  it('has a policy that allows its own style and no other', () => {
    const style = /<style>(.*)<\/style>/s.exec(orderPage({ kind: 'unknown' }, { ...parts, language: 'sv' }))?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    assert.ok(orderPagePolicy.includes(`style-src 'sha256-${hash}'`));
  });

  it('shows the codes with every root, and commands that name the gateway', () => {
    const view = views.at(-1) ?? assert.fail('a view');
    const text = orderPage(view, { ...parts, language: 'en' });
    for (const one of [
      ...parts.roots,
      'K7PXM-4QWTZ',
      '22222-33333-44444-55555',
      'https://kuvert.exempel.se/.well-known/est',
      'awaits approval',
    ])
      assert.ok(text.includes(one), one);
  });
});
