import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { docsPage, pagePolicy } from '../../../src/collection/docs-page/page.ts';
import { pageLanguages } from '../../../src/collection/docs-page/words.ts';
import { receiverContract, supplierContract } from '../../../src/collection/open-routes.ts';
import { html } from '../../../src/platform/html.ts';
import type { Contract } from '../../../src/platform/http/contract.ts';

const documented = (contract: Contract, prefix = 'api') =>
  ({ contract, path: '/openapi.json', prefix, certificate: 'certificate' }) as const;

describe('the page of the contracts', () => {
  const both = [documented(supplierContract), documented(receiverContract, 'receiver')];
  for (const language of pageLanguages) {
    const page = docsPage(both, language);

    it(`has each operation, schema and fault code of both, with links that lead somewhere (${language})`, () => {
      const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length);
      const links = [...page.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id);
      assert.ok(links.length > 60);
      for (const link of links) assert.ok(ids.includes(link), link);
      for (const { contract, prefix } of both) {
        for (const item of Object.values(contract.paths))
          for (const operation of Object.values(item) as { operationId: string }[])
            assert.ok(links.includes(`${prefix}-${operation.operationId}`));
        const { schemas } = contract['components'] as { schemas: object };
        for (const name of Object.keys(schemas)) assert.ok(links.includes(`${prefix}-schema-${name}`));
      }
    });

    it(`loads nothing and runs nothing (${language})`, () => {
      assert.doesNotMatch(page, /<script|<link|<img|<iframe|<form|\son\w+=|@import|url\(|\ssrc=|\sstyle=/i);
      for (const [, target = ''] of page.matchAll(/ href="([^"]*)"/g)) assert.match(target, /^(#|\?lang=|\/openapi)/);
      const [, style = ''] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
      assert.ok(pagePolicy.includes(`'sha256-${createHash('sha256').update(style).digest('base64')}'`));
    });

    it(`says in which language it is, and which parts are in English (${language})`, () => {
      assert.match(page, new RegExp(`<html lang="${language}">`));
      assert.match(page, language === 'sv' ? /<h5>Svar<\/h5>/ : /<h5>Answers<\/h5>/);
    });
  }

  it('shows what a contract says as text, whatever it says', () => {
    const evil = `<script>alert("x")</script>&'`;
    const contract = JSON.parse(
      JSON.stringify({
        openapi: '3.1.0',
        info: { title: evil, version: evil, description: `${evil}\n\n\`${evil}\`` },
        paths: {
          [`/${evil}`]: {
            get: {
              operationId: 'x',
              summary: evil,
              description: evil,
              parameters: [{ name: evil, in: 'query', description: evil, schema: { enum: [evil], default: evil } }],
              responses: {
                200: { description: evil, content: { [evil]: { example: evil, schema: { const: evil } } } },
              },
            },
          },
        },
        components: { schemas: { X: { description: evil, pattern: evil, properties: { [evil]: { type: evil } } } } },
      }),
    ) as Contract;
    const page = docsPage([documented(contract)], 'en');
    assert.doesNotMatch(page, /<script|alert\("|&'/);
    assert.ok(page.split('&#60;script&#62;').length > 10);
    assert.equal(html`${'<'}${[html`<b>${'&'}</b>`]}${undefined}${1}`.html, '&#60;<b>&#38;</b>1');
  });
});
