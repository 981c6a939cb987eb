import { strict as assert } from 'node:assert';
import { egressJudge, readEndpointUrl } from '../../../../src/delivery/push/egress.ts';

const strict = egressJudge([]);
const everything = egressJudge(['0.0.0.0/0', '::/0', '127.0.0.0/8', '169.254.0.0/16', 'fd00::/8']);

/** Ways to write addresses that must not be reached, by the address that is meant. */
const inside = {
  loopback: [
    '127.0.0.1',
    '127.255.255.254',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '::ffff:0:7f00:1',
  ],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd12::1', 'fc00::1', '::ffff:10.0.0.1'],
  'link-local': ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  special: [
    '100.64.0.1',
    '192.0.0.8',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '192.88.99.1',
    '2001:db8::1',
    '2001::1',
    '100::1',
    'fec0::1',
    '4000::1',
    '64:ff9b:1::1',
  ],
} as const;
const always = [
  '169.254.169.254',
  '::ffff:169.254.169.254',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::',
  '169.254.170.2',
  '100.100.100.200',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '224.0.0.1',
  '239.1.1.1',
  'ff02::1',
  '255.255.255.255',
  '240.0.0.1',
];

describe('where a push may connect to', () => {
  it('public addresses are allowed', () => {
    for (const address of [
      '8.8.8.8',
      '172.32.0.1',
      '100.128.0.1',
      '193.10.1.1',
      '2a00:1450:4001::1',
      '64:ff9b::808:808',
      '::ffff:8.8.8.8',
    ])
      assert.deepEqual(strict(address), { ok: true }, address);
  });

  for (const [kind, addresses] of Object.entries(inside))
    it(`${kind} addresses are refused however they are written, and allowed if a CIDR range says so`, () => {
      for (const address of addresses) {
        assert.equal(strict(address).ok, false, address);
        assert.equal(everything(address).ok, true, address);
      }
    });

  it('metadata services, multicast, unspecified and broadcast are refused whatever is allowed', () => {
    for (const address of always) {
      assert.equal(strict(address).ok, false, address);
      assert.equal(everything(address).ok, false, address);
    }
  });

  it('a range allows itself and nothing beside it', () => {
    const judge = egressJudge(['10.1.0.0/16', 'fd00:1::/32']);
    assert.equal(judge('10.1.2.3').ok, true);
    assert.equal(judge('::ffff:10.1.2.3').ok, true);
    assert.equal(judge('10.2.0.1').ok, false);
    assert.equal(judge('fd00:1::5').ok, true);
    assert.equal(judge('fd00:2::5').ok, false);
  });

  it('what is no address is refused', () => {
    for (const text of ['', 'localhost', '0x7f.1', '2130706433', '127.1', '[::1]'])
      assert.equal(strict(text).ok, false, text);
  });
});

describe("an endpoint's URL", () => {
  it('every way of writing an IPv4 address is undone', () => {
    for (const host of [
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '127.1',
      '%31%32%37.0.0.1',
      '１２７.0.0.1',
      '127.0.0.1.',
    ]) {
      const read = readEndpointUrl(`https://${host}:8443/in`);
      assert.ok(read.ok, host);
      assert.deepEqual([read.host, read.port], ['127.0.0.1', 8443], host);
    }
  });

  it('IPv6 comes without brackets', () => {
    const read = readEndpointUrl('https://[::FFFF:127.0.0.1]/');
    assert.ok(read.ok);
    assert.deepEqual([read.host, read.port], ['::ffff:7f00:1', 443]);
  });

  it('only https, without user or password', () => {
    for (const url of [
      'http://a.se/',
      'ftp://a.se/',
      'https://u@a.se/',
      'https://u:p@a.se/',
      'a.se',
      '',
      'https://',
      'https://1.2.3.4.5/',
    ])
      assert.equal(readEndpointUrl(url).ok, false, url);
  });
});
