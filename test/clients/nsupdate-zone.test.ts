import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  ANYBODY_HERE,
  type ClientKey,
  type ClientSystem,
  createClientKey,
  knowsZones,
  startClientSystem,
} from '../support/client-system.ts'
import { digAnswers, digShort } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { type ClientRun, nsupdate } from '../support/nsupdate.ts'

// nsupdate that is told a server and nothing else asks for SOAs until it knows the zone; then what it sent must be there.

let clients: ClientSystem
let key: ClientKey
let zoneId: number

const ZONE_FILE = `
$TTL 300
@ SOA ns1 hostmaster 1 3600 600 86400 300
@ NS ns1
ns1 A 192.0.2.53
branch NS ns.branch.example.
*.wild A 192.0.2.80
alias CNAME host
host A 192.0.2.1
old DNAME new
`

before(async () => {
  clients = await startClientSystem()
  key = await createClientKey(clients.api, 'laptop.keys.example')
  zoneId = (
    await clients.api.createZone('example.com', { file: ZONE_FILE, allowUpdate: [...ANYBODY_HERE, key.name] })
  ).id
  await clients.api.createZone('lab.example.com', { allowUpdate: ANYBODY_HERE })
  await clients.api.createZone('2.0.192.in-addr.arpa', { allowUpdate: ANYBODY_HERE })
  await knowsZones(clients.edge, 3)
})
after(() => clients?.system.close())

const ACCEPTED: ClientRun = { status: 0, output: '' }

describe('nsupdate finds the zone by itself', () => {
  const FOUND: readonly { what: string; owner: string; type?: string; rdata?: string; zone: string }[] = [
    { what: 'a name right below the apex', owner: 'new.example.com', zone: 'example.com' },
    { what: 'the apex', owner: 'example.com', type: 'TXT', rdata: '"apex"', zone: 'example.com' },
    { what: 'a name deep below what exists', owner: 'a.b.c.d.e.example.com', zone: 'example.com' },
    { what: 'an empty non-terminal', owner: 'c.d.e.example.com', zone: 'example.com' },
    { what: 'a name that a wildcard answers for', owner: 'one.wild.example.com', zone: 'example.com' },
    { what: 'a name that exists with other types', owner: 'host.example.com', zone: 'example.com' },
    { what: 'a zone below another one of ours', owner: 'pc.lab.example.com', zone: 'lab.example.com' },
    {
      what: 'an address in reverse',
      owner: '7.2.0.192.in-addr.arpa',
      type: 'PTR',
      rdata: 'pc.example.com.',
      zone: '2.0.192.in-addr.arpa',
    },
    {
      what: 'labels with escapes',
      owner: 'print\\.er\\032one.example.com',
      type: 'TXT',
      rdata: '"ink"',
      zone: 'example.com',
    },
    {
      what: 'an underscore',
      owner: '_acme-challenge.x.example.com',
      type: 'TXT',
      rdata: '"token"',
      zone: 'example.com',
    },
  ]
  for (const { what, owner, type = 'A', rdata = '192.0.2.7', zone } of FOUND)
    it(`for ${what}`, async () => {
      const before = await serialOf(zone)
      assert.deepEqual(await nsupdate(clients.server, `update add ${owner} 60 ${type} ${rdata}`), ACCEPTED)
      assert.ok((await digShort(clients.server, owner, type)).includes(rdata))
      assert.equal(await serialOf(zone), before + 1)
    })

  it('by signed questions when it has a key', async () => {
    const owners = FOUND.filter(({ zone }) => zone === 'example.com').map(({ owner }) => owner)
    const lines = owners.map((owner) => `update add ${owner} 60 TYPE65280 \\# 1 00`)
    assert.deepEqual(await nsupdate(clients.server, lines.join('\nsend\n'), '-k', key.file), ACCEPTED)
    const there = await digAnswers(
      clients.server,
      owners.map((owner) => `${owner} TYPE65280`),
    )
    assert.equal(there.length, owners.length)
  })

  it('for an alias: it asks for the name above', async () => {
    assert.deepEqual(await nsupdate(clients.server, 'update delete alias.example.com CNAME'), ACCEPTED)
    assert.deepEqual(await digShort(clients.server, 'alias.example.com', 'CNAME'), [])
  })

  it('for a name below a DNAME as well', async () => {
    assert.deepEqual(await nsupdate(clients.server, 'update add x.old.example.com 60 A 192.0.2.1'), ACCEPTED)
  })

  it('for a DS, which belongs to the zone above the cut', async () => {
    const ds = `1 8 2 ${'AB'.repeat(32)}`
    assert.deepEqual(await nsupdate(clients.server, `update add branch.example.com 60 DS ${ds}`), ACCEPTED)
    assert.equal((await digShort(clients.server, 'branch.example.com', 'DS')).length, 1)
  })

  it('for a name below a delegation, where glue stands', async () => {
    const glue = 'update add ns.branch.example.com 60 A 192.0.2.77'
    assert.deepEqual(await nsupdate(clients.server, glue), ACCEPTED)
    assert.match(
      await clients.api.export('example.com'),
      /^ns\.branch\.example\.com\.\s60\sIN\sA\s192\.0\.2\.77$/m,
    )
  })

  it('and is refused for a name that is in none of our zones', async () => {
    const { status, output } = await nsupdate(clients.server, 'update add www.example.net 60 A 192.0.2.1')
    assert.notEqual(status, 0)
    assert.match(output, /REFUSED/)
  })

  async function serialOf(zone: string): Promise<number> {
    const [soa = ''] = await digShort(clients.server, zone, 'SOA')
    return Number(soa.split(' ')[2])
  }
})

describe('P4 dig sees at once what nsupdate was told is done', () => {
  it('time after time', async () => {
    for (let round = 1; round <= 40; round++) {
      const args = round % 2 === 0 ? ['-v'] : []
      const replace = 'update delete loop.example.com A\nupdate add loop.example.com 60 A'
      const updated = await nsupdate(clients.server, `zone example.com\n${replace} 192.0.2.${round}`, ...args)
      assert.deepEqual(updated, ACCEPTED)
      assert.deepEqual(await digShort(clients.server, 'loop.example.com', 'A'), [`192.0.2.${round}`])
    }
  })
})

describe('a big update', () => {
  const names = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index}.example.com`)

  for (const [count, args, how] of [
    [700, ['-v'], 'over TCP'],
    [700, [], 'that nsupdate itself takes to TCP, being too big for a datagram'],
    [12, [], 'in one datagram'],
  ] as const)
    it(`of ${count} records ${how} is one event, and all of it is there`, async () => {
      const prefix = `big${count}${args.length}x`
      const before = (await historyIsWhole(clients.system, zoneId)).length
      const lines = names(count, prefix).map(
        (name, index) => `update add ${name} 60 A 10.0.${index >> 8}.${index & 255}`,
      )
      assert.deepEqual(
        await nsupdate(clients.server, `zone example.com\n${lines.join('\n')}`, ...args),
        ACCEPTED,
      )
      const answers = await digAnswers(
        clients.server,
        names(count, prefix).map((name) => `${name} A`),
      )
      assert.equal(answers.length, count)
      const events = await historyIsWhole(clients.system, zoneId)
      assert.equal(events.length, before + 1)
      assert.equal(events.at(-1)!.transport, count > 100 ? 'tcp' : 'udp')
    })

  it('deletes as it adds', async () => {
    const lines = names(700, 'big7001x').map((name) => `update delete ${name}`)
    assert.deepEqual(await nsupdate(clients.server, `zone example.com\n${lines.join('\n')}`, '-v'), ACCEPTED)
    assert.deepEqual(await digAnswers(clients.server, [`big7001x699.example.com A`]), [])
  })

  it('is not applied at all when one record of it is wrong', async () => {
    const lines = names(300, 'half').map((name) => `update add ${name} 60 A 192.0.2.1`)
    const wrong = 'update add www.example.net 60 A 192.0.2.1'
    const sent = await nsupdate(clients.server, `zone example.com\n${lines.join('\n')}\n${wrong}`, '-v')
    assert.deepEqual(sent, { status: 2, output: 'update failed: NOTZONE' })
    assert.deepEqual(await digAnswers(clients.server, [`half0.example.com A`]), [])
  })
})
