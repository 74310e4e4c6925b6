import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type FamilyChange, planHost } from '../../../services/edge/http-updates/hosts/address-change.ts'
import { readChange } from '../../../services/edge/http-updates/hosts/address-params.ts'
import { hostName } from '../../../services/edge/http-updates/hosts/host-names.ts'
import { nameOf } from '../../../shared/dns/name.ts'
import { addressText } from '../../../shared/dns/rdata/addresses.ts'
import { zoneOf } from '../../support/spec.ts'

/** `IPv4 IPv6`: what becomes of each. */
function read(query: string, sender = '192.0.2.99'): string {
  const change = readChange(new URLSearchParams(query), sender)
  return change.ok ? `${text(change.change.ipv4)} ${text(change.change.ipv6)}` : 'wrong'
}

function text(change: FamilyChange): string {
  if (change.kind === 'keep') return 'keep'
  if (change.kind === 'prefix') return `${addressText(change.prefix)}/${change.bits}`
  return change.addresses.length === 0 ? 'remove' : change.addresses.map(addressText).join(',')
}

describe('the addresses of a request', () => {
  for (const [query, said] of [
    ['', '192.0.2.99 keep'],
    ['myip=', '192.0.2.99 keep'],
    ['myip=192.0.2.1', '192.0.2.1 keep'],
    ['myip=2001:db8::1', 'keep 2001:db8::1'],
    ['myip=192.0.2.1,2001:db8::1', '192.0.2.1 2001:db8::1'],
    ['myip=192.0.2.1&myip=192.0.2.2', '192.0.2.1,192.0.2.2 keep'],
    ['myip=192.0.2.1&myipv6=2001:db8::1', '192.0.2.1 2001:db8::1'],
    ['myip=192.0.2.1&myipv6=', '192.0.2.1 remove'],
    ['myip=&myipv6=2001:db8::1', 'remove 2001:db8::1'],
    ['myip=&myipv6=', '192.0.2.99 remove'],
    ['myip=&myipv6=preserve', '192.0.2.99 keep'],
    ['myip=&myipv4=preserve', 'keep keep'],
    ['myip=,2001:db8::1', 'keep 2001:db8::1'],
    ['myipv4=', 'remove keep'],
    ['myipv4=&myipv6=', 'remove remove'],
    ['myip=preserve', 'keep keep'],
    ['myip=preserve&myipv6=preserve', 'keep keep'],
    ['myip=preserve&myipv6=2001:db8::/56', 'keep 2001:db8::/56'],
    ['myipv6=2001:db8::1/128', 'keep 2001:db8::1'],
    ['myip=192.0.2.0/24', '192.0.2.0/24 keep'],
    ['ip=192.0.2.1&ipv6=2001:DB8::1', '192.0.2.1 2001:db8::1'],
    ['offline=YES&myip=192.0.2.1', 'remove remove'],
    ['offline=NOCHG&myip=192.0.2.1', '192.0.2.1 keep'],
    ['myip=192.0.2', 'wrong'],
    ['myip=0x7f000001', 'wrong'],
    ['myip=192.0.2.1,', '192.0.2.1 keep'],
    ['myip=%25i', 'wrong'],
    ['myip=192.0.2.1,preserve', 'wrong'],
    ['myip=2001:db8::/64,2001:db8::1', 'wrong'],
    ['myip=2001:db8::/129', 'wrong'],
    ['myip=2001:db8::/0', 'wrong'],
    ['myipv6=192.0.2.1', 'wrong'],
    ['myipv4=2001:db8::1', 'wrong'],
    ['myip=fe80::1%25eth0', 'wrong'],
    [`myip=${','.repeat(1_000)}`, 'wrong'],
    [`myip=${Array.from({ length: 11 }, (_, i) => `192.0.2.${i}`).join(',')}`, 'wrong'],
  ] as const)
    it(`${query.slice(0, 80) || 'none'}: ${said}`, () => assert.equal(read(query), said))

  it('are the one of the sender, in his own family', () => {
    assert.equal(read('', '2001:db8::99'), 'keep 2001:db8::99')
    assert.equal(read('myip=&myipv4=', '2001:db8::99'), 'remove 2001:db8::99')
    assert.equal(read('myip=&myipv6=preserve', '2001:db8::99'), 'keep keep')
  })
})

describe('a prefix', () => {
  const zone = zoneOf('host 300 AAAA 2001:db8:1:2:3:4:5:6\nhost 300 A 192.0.2.1')
  const plan = (prefix: string) => {
    const change = readChange(new URLSearchParams(`myip=preserve&myipv6=${prefix}`), '192.0.2.99')
    assert.ok(change.ok)
    const host = nameOf('host.example.com.')
    return planHost(host, change.change, zone.at(host), 60)?.addresses.join(' ')
  }

  for (const [prefix, address] of [
    ['2001:db8:a:b::/64', '2001:db8:a:b:3:4:5:6'],
    ['2001:db8:a:b00::/56', '2001:db8:a:b02:3:4:5:6'],
    ['2001:db8:a:b::/127', '2001:db8:a:b::'],
    ['8000::/1', 'a001:db8:1:2:3:4:5:6'],
  ] as const)
    it(`${prefix} keeps the other bits: ${address}`, () => assert.equal(plan(prefix), address))
})

describe('the host of a request', () => {
  const own = [nameOf('home.example.com.'), nameOf('nas.example.com.')]
  for (const [given, name] of [
    ['home.example.com', 'home.example.com.'],
    ['HOME.example.com.', 'home.example.com.'],
    ['home', 'home.example.com.'],
    ['other', undefined],
    ['*.example.com', '*.example.com.'],
    ['bücher.example.com', 'xn--bcher-kva.example.com.'],
    ['%h', undefined],
    ['<domain>', undefined],
    ['a..b', undefined],
    ['', undefined],
  ] as const)
    it(`${JSON.stringify(given)} is ${name ?? 'none'}`, () => assert.equal(hostName(given, own), name))
})
