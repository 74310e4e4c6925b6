import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createZone, type ZoneRequest } from '../../services/zone-writer/admin/create-zone.ts'
import { deleteZone } from '../../services/zone-writer/admin/delete-zone.ts'
import { type DeletedZonesWanted, listDeletedZones } from '../../services/zone-writer/admin/deleted-zones.ts'
import type { Outcome } from '../../services/zone-writer/admin/failure.ts'
import { createKey } from '../../services/zone-writer/admin/keys/create-key.ts'
import { exportZone, listZones, showZone } from '../../services/zone-writer/admin/read-zones.ts'
import { rrsetsInCanonicalOrder } from '../../services/zone-writer/store/canonical-order.ts'
import { eventsAfter } from '../../services/zone-writer/store/events.ts'
import { lockZones } from '../../services/zone-writer/store/zones.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { RRset } from '../../shared/dns/record.ts'
import { zoneFileLines } from '../../shared/dns/zone-file-text.ts'
import { hashHolds, NO_HASH } from '../../shared/events/event-codec.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import { decodeDiff } from '../../shared/zone-diff.ts'
import { administration, listOf, NOBODY } from './fixture.ts'

const FILE = `$ORIGIN Example.ORG.
$TTL 300
@      SOA  ns1 hostmaster 2026112201 3600 600 1209600 300
@      NS   ns1
ns1    A    192.0.2.1
Www    A    192.0.2.2
www    A    192.0.2.3
odd\\.name TXT "two" "strings"
new    TYPE65280 \\# 3 010203
`

describe('creating a zone', () => {
  let context: Awaited<ReturnType<typeof administration>>
  before(async () => {
    context = await administration()
  })
  after(() => context.close())

  const create = (request: Partial<ZoneRequest>) =>
    createZone(context.admin, { name: 'unnamed.test', allowUpdate: [], ...NOBODY, ...request })

  const exported = async (name: string) => await listOf(value(await exportZone(context.db, name)))
  const lines = (rrsets: Iterable<RRset>) => [...zoneFileLines(rrsets)]

  it('begins a history whose first event folds to exactly the stored RRsets (P6)', async () => {
    const { id } = value(await create({ name: 'example.org', file: [FILE] }))
    const [event, ...more] = await eventsAfter(context.db, id, 0, 10)
    assert.deepEqual(more, [])
    assert.equal(event?.seq, 1)
    assert.equal(event.kind, 'create')
    assert.deepEqual(Buffer.from(event.previousHash), Buffer.from(NO_HASH))
    assert.ok(hashHolds(event))

    const diff = decodeDiff(event.diff)
    assert.ok(diff.ok)
    const folded = new ZoneContents(nameOf('example.org'))
    folded.apply(diff.value)
    const stored = await listOf(rrsetsInCanonicalOrder(context.db, id, nameOf('example.org')))
    assert.equal(stored.length, 6)
    for (const rrset of stored) {
      const other = folded.at(nameOf(rrset.name))?.get(rrset.type)
      assert.equal(other?.name, rrset.name)
      assert.equal(other.ttl, rrset.ttl)
      assert.deepEqual(other.rdata.map(hex), rrset.rdata.map(hex))
    }
    assert.deepEqual(lines(folded.rrsets()), lines(stored))
  })

  it('leaves the zone at that event, and publishes it', async () => {
    const { id, serial } = value(await create({ name: 'head.test' }))
    const [event] = await eventsAfter(context.db, id, 0, 1)
    const [head] = await context.db.transaction().execute((trx) => lockZones(trx, [id]))
    assert.equal(head?.seq, 1)
    assert.equal(head.serial, serial)
    assert.equal(hex(head.hash), hex(event!.hash))
    assert.ok(context.published.some((sent) => sent.zoneId === id && sent.seq === 1))
  })

  it('gives a zone without a file an SOA, a name server and its address', async () => {
    value(await create({ name: 'default.test' }))
    assert.deepEqual(await exported('default.test'), [
      'default.test. 3600 IN SOA ns1.default.test. hostmaster.default.test. 1 3600 600 1209600 300',
      'default.test. 3600 IN NS ns1.default.test.',
      'ns1.default.test. 3600 IN A 127.0.0.1',
    ])
  })

  it('exports a zone so that it imports to the same again', async () => {
    value(await create({ name: 'Once.test', file: [FILE.replace('Example.ORG', 'Once.test')] }))
    const text = (await exported('once.test.')).join('\n')
    const again = await create({ name: 'twice.test', file: [text.replaceAll('Once.test', 'twice.test')] })
    assert.equal(value(again).records, 7)
    const second = (await exported('twice.test')).join('\n')
    assert.equal(second.replaceAll('twice.test', 'Once.test'), text)
  })

  it('shows serial, records by type and rules', async () => {
    value(await createKey(context.admin, { name: 'shown', by: 'system' }))
    value(
      await create({
        name: 'shown.test',
        file: [FILE.replace('Example.ORG', 'shown.test')],
        allowUpdate: ['shown', '10.0.0.0/8'],
      }),
    )
    const zone = value(await showZone(context.db, 'SHOWN.test'))
    assert.equal(zone.serial, 2026112201)
    assert.deepEqual(zone.types, { A: 3, NS: 1, SOA: 1, TXT: 1, TYPE65280: 1 })
    assert.equal(zone.records, 7)
    assert.deepEqual(zone.rules, ['grant shown zonesub ANY', 'grant ip:10.0.0.0/8 zonesub ANY'])
  })

  it('lists zones in pages', async () => {
    const names: string[] = []
    let after: string | undefined
    do {
      const page = await listZones(context.db, { limit: 2, after })
      names.push(...page.zones.map((zone) => zone.name))
      after = page.next
    } while (after !== undefined)
    const all = await listZones(context.db, { limit: 1000 })
    assert.deepEqual(
      names,
      all.zones.map((zone) => zone.name),
    )
    assert.ok(names.length > 3)
  })

  it('takes a name once: of two at the same moment one is told that it exists', async () => {
    const both = await Promise.all([create({ name: 'race.test' }), create({ name: 'RACE.test.' })])
    assert.deepEqual(both.map(code).toSorted(), ['created', 'zone-exists'])
  })

  it('warns of an allowed key that does not exist, and says which was meant', async () => {
    const created = value(await create({ name: 'nokey.test', allowUpdate: ['shwn', '10.0.0.0/8'] }))
    assert.deepEqual(created.rules, ['grant shwn zonesub ANY', 'grant ip:10.0.0.0/8 zonesub ANY'])
    assert.match(created.warnings.join(), /no key shwn yet.*did you mean shown\?/)
  })

  it('stores nothing when an address range is none, which no key is named like', async () => {
    const refused = await create({
      name: 'norange.test',
      allowUpdate: ['shown', '10.0.0/8', '2001:db8::/129'],
    })
    assert.equal(code(refused), 'bad-rule')
    assert.match(details(refused), /'10\.0\.0\/8' is not an address range/)
    assert.match(details(refused), /'2001:db8::\/129'/)
    assert.equal(code(await showZone(context.db, 'norange.test')), 'zone-not-found')
  })

  it('stores nothing of a zone file with faults', async () => {
    const before = await context.db.selectFrom('rrset').select('owner').execute()
    const refused = await create({
      name: 'bad.test',
      file: ['$TTL 60\n@ NS ns1\nwww A 192.0.2.256\nx AAAA ::g\n'],
    })
    assert.equal(code(refused), 'bad-zone-file')
    assert.ok(!refused.ok)
    assert.deepEqual(
      refused.details.map(({ line }) => line),
      [3, 4],
    )
    assert.equal(code(await showZone(context.db, 'bad.test')), 'zone-not-found')
    assert.equal((await context.db.selectFrom('rrset').select('owner').execute()).length, before.length)
  })

  it('names the nearest zone when there is none of a name', async () => {
    const missing = await showZone(context.db, 'exmaple.org')
    assert.ok(!missing.ok)
    assert.match(missing.message, /did you mean example\.org\.\?/)
  })

  for (const name of ['', 'two..dots', `${'a'.repeat(64)}.test`, 'spa ce.test'])
    it(`refuses the name '${name.slice(0, 12)}'`, async () =>
      assert.equal(code(await create({ name })), 'bad-name'))

  it('lists those that were deleted, with who did it, the last deleted first where that is wanted', async () => {
    for (const name of ['one', 'two', 'three']) value(await create({ name: `${name}.gone.test` }))
    for (const name of ['two', 'three', 'one'])
      value(await deleteZone(context.admin, `${name}.gone.test`, { ...NOBODY, by: `api:${name}` }))
    const list = async (more: Partial<DeletedZonesWanted>) =>
      value(await listDeletedZones(context.db, { search: 'GONE', after: 0, ...more }))
    const names = ({ zones }: Awaited<ReturnType<typeof list>>) =>
      zones.map(({ name, deletedBy }) => `${name.split('.')[0]} ${deletedBy}`)
    assert.deepEqual(names(await list({})), ['one api:one', 'two api:two', 'three api:three'])
    const first = await list({ newest: true, limit: 2 })
    assert.deepEqual(names(first), ['one api:one', 'three api:three'])
    assert.deepEqual(names(await list({ newest: true, limit: 2, after: first.next! })), ['two api:two'])
    assert.deepEqual(names(await list({ search: 'nothing' })), [])
  })

  it('keeps a zone although the edges cannot be told', async () => {
    const fails = async () => {
      throw new Error('NATS is gone')
    }
    const deaf = {
      ...context.admin,
      publisher: { publish: fails, publishNotice: fails },
      catalog: { zoneChanged: fails, keyChanged: fails, updateTokenChanged: fails, everythingChanged: fails },
    }
    value(await createZone(deaf, { name: 'deaf.test', allowUpdate: [], ...NOBODY }))
    value(await showZone(context.db, 'deaf.test'))
  })
})

function value<T>(outcome: Outcome<T>): T {
  assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.message} ${JSON.stringify(outcome.details)}`)
  return outcome.value
}

function code(outcome: Outcome<unknown>): string {
  return outcome.ok ? 'created' : outcome.code
}

function details(outcome: Outcome<unknown>): string {
  return outcome.ok ? '' : outcome.details.map(({ message }) => message).join('\n')
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}
