import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Responder } from '../../services/edge/answer/responder.ts'
import type { CachedZone } from '../../services/edge/zones/cached-zone.ts'
import { ChangedNames, hashOf, MOST_NAMES } from '../../services/edge/zones/changed-names.ts'
import type { CatalogZone } from '../../shared/catalog.ts'
import type { Name } from '../../shared/dns/name.ts'
import { encodeDiff } from '../../shared/zone-diff.ts'
import { Random } from '../faults/random.ts'
import { ask, askResponder, catalogOf, recordsOfFile, responderOf, zoneWith } from './answer-support.ts'

const soa = (serial: number) =>
  recordsOfFile(`@ 3600 IN SOA ns1 hostmaster ${serial} 3600 600 86400 300`, 'example.com.' as never)[0]!

/** The zone's next event. */
function change(zone: CachedZone, { added = '', removed = '' }: { added?: string; removed?: string }): void {
  const records = (lines: string) => (lines === '' ? [] : recordsOfFile(lines, 'example.com.' as never))
  const { seq, serial, hash } = zone.head
  zone.advance({
    seq: seq + 1,
    kind: 'update',
    serialAfter: serial + 1,
    previousHash: hash,
    hash: new Uint8Array(32).fill(seq),
    diff: encodeDiff({
      oldSoa: soa(serial),
      removed: records(removed),
      newSoa: soa(serial + 1),
      added: records(added),
    }),
  } as never)
}

const addAddress = (zone: CachedZone, address: string) => change(zone, { added: `www A ${address}` })

const addresses = async (responder: Responder, question = 'www.example.com. A') =>
  (await askResponder(responder, question))?.answer.map((line) => line.split(' ').at(-1))

describe('P4: answers that are remembered', () => {
  it('are given again while the zone stands where it stood', async () => {
    const responder = responderOf([zoneWith('www A 192.0.2.1')])
    for (let time = 0; time < 3; time++) assert.deepEqual(await addresses(responder), ['192.0.2.1'])
    assert.equal(responder.remembered, 2)
  })
  it('are made anew after each event of the zone', async () => {
    const zone = zoneWith('www A 192.0.2.1')
    const responder = responderOf([zone])
    for (let host = 2; host < 20; host++) {
      await addresses(responder)
      addAddress(zone, `192.0.2.${host}`)
      assert.equal((await addresses(responder))?.length, host)
    }
  })
  it('are given again after events of other names, unless they show the SOA', async () => {
    const zone = zoneWith('www A 192.0.2.1\nother A 192.0.2.1')
    const responder = responderOf([zone])
    for (let host = 2; host < 20; host++) {
      await addresses(responder)
      await askResponder(responder, 'missing.example.com. A')
      change(zone, { added: `other A 192.0.2.${host}` })
    }
    assert.equal(responder.remembered, 17)
  })
  it('are what would be answered anew, whatever changes: wildcards, delegations, aliases, empty names, hosts', async () => {
    const random = Random.of(4, 'remembered')
    const labels = ['a', 'b', '*', 'b.a', '*.a', 'c.b.a', '*.b.a', 'a.b']
    const plain = ['A 192.0.2.1', 'A 192.0.2.2', 'TXT x', 'CNAME a', 'MX 1 b', 'SRV 1 1 1 c.b.a']
    const kinds = [...plain, 'NS a.b', 'DNAME b.a']
    const asked = [...labels, 'd', 'd.a', 'd.b.a', 'e.c.b.a', '@'].flatMap((label) =>
      ['A', 'NS', 'CNAME', 'MX', 'ANY', 'SOA'].map(
        (type) => `${label === '@' ? '' : `${label}.`}example.com. ${type}`,
      ),
    )
    const zone = zoneWith('')
    const responder = responderOf([zone])
    const there = new Set<string>()
    for (let event = 0; event < 120; event++) {
      // few records, so that names come and go, and cuts too
      const line =
        there.size > 5
          ? random.pick([...there])
          : `${random.pick(labels)} ${random.pick(event % 40 < 20 ? plain : kinds)}`
      if (there.delete(line)) change(zone, { removed: line })
      else {
        there.add(line)
        change(zone, { added: line })
      }
      for (const question of asked) {
        const [known, fresh] = [await askResponder(responder, question), await ask(zone, question)]
        assert.deepEqual(
          known?.bytes,
          fresh.bytes,
          `${question} after ${line}, with ${[...there].join('; ')}`,
        )
      }
    }
    assert.ok(responder.remembered > 200, `${responder.remembered} were remembered`)
  })
  it('are made anew once more has changed than an edge remembers', () => {
    const changed = new ChangedNames()
    const [first, other] = ['first.example.com.', 'other.example.com.'] as Name[]
    const names = [hashOf(first!)]
    changed.add(other!, 5)
    assert.equal(changed.areSince(4, names), true)
    changed.add(first!, 6)
    assert.deepEqual([changed.areSince(5, names), changed.areSince(6, names)], [false, true])
    for (let seq = 7; seq < 7 + 3 * MOST_NAMES; seq++) {
      changed.add(`${seq}.example.com.` as Name, seq)
      changed.trim()
      assert.equal(changed.areSince(5, names), false)
    }
    assert.equal(changed.areSince(6, names), false, 'it cannot tell')
    assert.ok(changed.octets < 200_000)
    changed.addAll(99_999)
    assert.deepEqual([changed.areSince(99_998, names), changed.areSince(99_999, names)], [false, true])
  })
  it('are not given from a zone that may not be served, or is another object now', async () => {
    const [first, second] = [zoneWith('www A 192.0.2.1'), zoneWith('www A 192.0.2.2')]
    let held: CachedZone | Promise<undefined> = first
    const responder = responderOf([first], { zones: { get: () => held, isExpired: () => false } })
    assert.deepEqual(await addresses(responder), ['192.0.2.1'])
    held = Promise.resolve(undefined)
    assert.equal((await askResponder(responder, 'www.example.com. A'))?.status, 'SERVFAIL')
    held = second
    assert.deepEqual(await addresses(responder), ['192.0.2.2'])
  })
  it('are not given after the catalog has changed: another zone may have the name', async () => {
    const zones = [zoneWith('www.sub A 192.0.2.1'), zoneWith('www A 192.0.2.2', 'sub.example.com.')]
    let catalog = catalogOf([zones[0]!])
    const both = { ...catalogOf(zones), generation: 2 }
    const responder = responderOf(zones, {
      zones: { ...both, get: (entry: CatalogZone) => both.get(entry) },
      catalog: {
        get generation() {
          return catalog.generation
        },
        zoneFor: (name) => both.zoneById(catalog.zoneFor(name)?.id ?? -1),
        zoneById: (id) => both.zoneById(id),
      },
    })
    assert.deepEqual(await addresses(responder, 'www.sub.example.com. A'), ['192.0.2.1'])
    catalog = both
    assert.deepEqual(await addresses(responder, 'www.sub.example.com. A'), ['192.0.2.2'])
  })
  it('never rest on two zones', async () => {
    const far = zoneWith('www A 192.0.2.1')
    const responder = responderOf([far, zoneWith('alias CNAME www.example.com.', 'example.net.')])
    for (let host = 2; host < 5; host++) {
      await askResponder(responder, 'alias.example.net. A')
      addAddress(far, `192.0.2.${host}`)
      assert.equal((await askResponder(responder, 'alias.example.net. A'))?.answer.length, 1 + host)
    }
    assert.equal(responder.remembered, 0)
  })
  it('are as large as this client takes, and keep its case, id and flags', async () => {
    const many = Array.from({ length: 60 }, (_, host) => `many A 192.0.2.${host}`).join('\n')
    const zone = zoneWith(`www A 192.0.2.1\n${many}`)
    const responder = responderOf([zone])
    for (const question of ['www.example.com. A', 'WWW.example.com. A', 'many.example.com. A'])
      for (const udpSize of [0, 512, 1_232, 4_096])
        for (const transport of ['udp', 'tcp'] as const)
          for (const flags of [{}, { rd: true }])
            for (let time = 0; time < 2; time++) {
              const options = { transport, query: { flags, ...(udpSize === 0 ? {} : { edns: { udpSize } }) } }
              const fresh = await ask(zone, question, options)
              assert.deepEqual((await askResponder(responder, question, options))?.bytes, fresh.bytes)
            }
    assert.ok(responder.remembered > 50)
  })
  it('RFC 8482: of ANY over UDP is not what TCP gets, in whichever order', async () => {
    const responder = responderOf([zoneWith('www A 192.0.2.1\nwww TXT "x"')])
    for (const [transport, count] of [
      ['udp', 1],
      ['tcp', 2],
      ['udp', 1],
      ['tcp', 2],
    ] as const)
      assert.equal(
        (await askResponder(responder, 'www.example.com. ANY', { transport }))?.answer.length,
        count,
      )
  })
})

describe('RFC 1034 §4.3.2: chains through several zones', () => {
  const zones = [
    zoneWith(
      'out CNAME www.example.net.\nchild CNAME www.sub\nsub NS ns.sub\nns.sub A 192.0.2.9\nloop CNAME loop.example.net.',
    ),
    zoneWith('www A 192.0.2.1\nloop CNAME loop.example.com.', 'example.net.'),
    zoneWith('www A 192.0.2.2', 'sub.example.com.'),
  ]
  it('go on in each zone that is ours', async () => {
    assert.equal((await ask(zones, 'out.example.com. A')).answer.length, 2)
    assert.equal((await ask(zones, 'child.example.com. A')).answer.length, 2)
    assert.deepEqual(
      (await ask(zones, 'out.example.com. MX')).authority.map((line) => line.split(' ')[0]),
      ['example.net.'],
    )
  })
  it('end where they turn round', async () => {
    const { status, answer } = await ask(zones, 'loop.example.com. A')
    assert.deepEqual([status, answer.length], ['NOERROR aa', 2])
  })
  it('wait for a zone that has to be fetched, and end where it cannot be had', async () => {
    const held = catalogOf(zones)
    for (const [fetched, answers] of [
      [true, 2],
      [false, 1],
    ] as const) {
      let there = false
      const get = (entry: CatalogZone) => {
        if (held.get(entry) !== zones[1] || there) return held.get(entry)
        there = fetched
        return Promise.resolve(fetched ? held.get(entry) : undefined)
      }
      const { status, answer } = await ask(zones, 'out.example.com. A', { edge: { zones: { ...held, get } } })
      assert.deepEqual([status, answer.length], ['NOERROR aa', answers])
    }
  })
})
