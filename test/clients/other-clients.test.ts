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
import { dig, digShort, headerOf } from '../support/dig.ts'
import { historyIsWhole } from '../support/history.ts'
import { python } from '../support/python.ts'

// Messages as the clients of field reports send them, made by dnspython.

const ZONE = 'example.com'

interface ClientMessage {
  readonly require?: readonly (readonly string[])[]
  readonly change?: readonly (readonly (string | number)[])[]
  readonly zone?: string
  readonly signed?: boolean
  readonly transport?: 'tcp'
}

let clients: ClientSystem
let key: ClientKey
let zoneId: number

before(async () => {
  clients = await startClientSystem()
  key = await createClientKey(clients.api, 'client')
  zoneId = (await clients.api.createZone(ZONE, { allowUpdate: ['client'] })).id
  await clients.api.createZone('open.example', { allowUpdate: ANYBODY_HERE })
  await knowsZones(clients.edge, 2)
})
after(() => clients?.system.close())

const send = (...messages: ClientMessage[]) =>
  python<string[]>('messages.py', {
    ...clients.server,
    key,
    messages: messages.map((message) => ({ zone: ZONE, ...message })),
  })
const serial = async () => (await digShort(clients.server, ZONE, 'SOA'))[0]!.split(' ')[2]
const read = (name: string, type: string) => digShort(clients.server, name, type)

describe('Samba, as a member of a domain', () => {
  const HOST = `member.${ZONE}.`
  const probe: ClientMessage = {
    require: [
      ['absent', HOST, 'CNAME'],
      ['present', HOST, 'A', '192.0.2.10'],
    ],
  }
  const register: ClientMessage = {
    require: [['absent', HOST, 'CNAME']],
    change: [
      ['delete', HOST],
      ['add', HOST, 3600, 'A', '192.0.2.10'],
    ],
  }

  it('probes with prerequisites alone, is refused unsigned, and registers when signed', async () => {
    const before = await serial()
    assert.deepEqual(await send(probe, { ...register, signed: false }), ['NXRRSET', 'REFUSED'])
    assert.equal(await serial(), before)
    assert.deepEqual(await send(register, probe), ['NOERROR', 'NOERROR'])
    assert.deepEqual(await read(HOST, 'A'), ['192.0.2.10'])
  })

  it('leaves the serial alone when it probes or registers what is there', async () => {
    const before = await serial()
    assert.deepEqual(await send(probe, register, probe), ['NOERROR', 'NOERROR', 'NOERROR'])
    assert.equal(await serial(), before)
  })

  it('gets an answer to a TKEY that we do not speak, at once', async () => {
    const { status } = headerOf(await dig(clients.server, '+tcp', `4711.sig-member.${ZONE}`, 'TKEY'))
    assert.ok(['REFUSED', 'NOTIMP', 'FORMERR'].includes(status), status)
  })
})

describe('SSSD', () => {
  it('deletes and adds the same address in one message: NOERROR, the event says unchanged', async () => {
    const HOST = `sssd.${ZONE}.`
    const refresh: ClientMessage = {
      change: [
        ['delete', HOST, 'A'],
        ['add', HOST, 1200, 'A', '192.0.2.11'],
      ],
    }
    assert.deepEqual(await send(refresh), ['NOERROR'])
    const before = await serial()
    assert.deepEqual(await send(refresh, refresh), ['NOERROR', 'NOERROR'])
    assert.equal(await serial(), before)
    const events = await historyIsWhole(clients.system, zoneId)
    assert.deepEqual(
      events.slice(-2).map(({ reason }) => reason),
      ['unchanged', 'unchanged'],
    )
  })
})

describe('external-dns', () => {
  const HOST = `app.${ZONE}.`
  const OWNER = '"heritage=external-dns,external-dns/owner=default,external-dns/resource=ingress/web/app"'

  it('adds, moves and removes, with its TXT of ownership as it was', async () => {
    const creates: ClientMessage = {
      change: [
        ['add', HOST, 300, 'A', '192.0.2.20'],
        ['add', HOST, 300, 'A', '192.0.2.21'],
        ['add', `a-${HOST}`, 300, 'TXT', OWNER],
      ],
    }
    const moves: ClientMessage = {
      change: [
        ['delete', HOST, 'A', '192.0.2.20'],
        ['delete', HOST, 'A', '192.0.2.21'],
        ['add', HOST, 300, 'A', '192.0.2.22'],
        ['delete', `a-${HOST}`, 'TXT', OWNER],
        ['add', `a-${HOST}`, 300, 'TXT', OWNER],
      ],
    }
    assert.deepEqual(await send(creates, moves), ['NOERROR', 'NOERROR'])
    assert.deepEqual(await read(HOST, 'A'), ['192.0.2.22'])
    assert.deepEqual(await read(`a-${HOST}`, 'TXT'), [OWNER])
    const removes = {
      change: [
        ['delete', HOST, 'A', '192.0.2.22'],
        ['delete', `a-${HOST}`, 'TXT', OWNER],
      ],
    }
    assert.deepEqual(await send(removes), ['NOERROR'])
    assert.deepEqual(await read(HOST, 'A'), [])
  })

  it('is told NOTAUTH when it found no zone and sends to the root', async () => {
    assert.deepEqual(await send({ zone: '.', change: [['add', HOST, 300, 'A', '192.0.2.20']] }), ['NOTAUTH'])
  })
})

describe('octoDNS', () => {
  it('sends a thousand replacements in one message over TCP', async () => {
    const change = Array.from({ length: 1_000 }, (_, index) => [
      ['delete', `octo${index}.${ZONE}.`, 'A'],
      ['add', `octo${index}.${ZONE}.`, 300, 'A', `10.1.${index >> 8}.${index & 255}`],
    ]).flat()
    assert.deepEqual(await send({ transport: 'tcp', change }), ['NOERROR'])
    assert.deepEqual(await read(`octo999.${ZONE}`, 'A'), ['10.1.3.231'])
  })
})

describe('a datagram of several hundred records', () => {
  it('is as good as a message over TCP', async () => {
    const change = Array.from({ length: 600 }, (_, index) => [
      'add',
      `udp${index}.${ZONE}.`,
      300,
      'A',
      `10.2.${index >> 8}.${index & 255}`,
    ])
    assert.deepEqual(await send({ change }), ['NOERROR'])
    assert.deepEqual(await read(`udp599.${ZONE}`, 'A'), ['10.2.2.87'])
  })
})

describe('dnscontrol', () => {
  it('replaces every NS of the apex in one message, a dummy first so that it is never the last', async () => {
    const ns = async () => await read(ZONE, 'NS')
    const olds = await ns()
    const DUMMY = 'dnscontrol.invalid.'
    const change = [
      ['add', `${ZONE}.`, 1, 'NS', DUMMY],
      ...olds.map((old) => ['delete', `${ZONE}.`, 'NS', old]),
      ['add', `${ZONE}.`, 3600, 'NS', 'ns1.provider.example.'],
      ['add', `${ZONE}.`, 3600, 'NS', 'ns2.provider.example.'],
      ['delete', `${ZONE}.`, 'NS', DUMMY],
    ]
    assert.deepEqual(await send({ change }), ['NOERROR'])
    assert.deepEqual(await ns(), ['ns1.provider.example.', 'ns2.provider.example.'])
  })

  it('never gets the last NS or the SOA away, in any form', async () => {
    const APEX = `${ZONE}.`
    const deletes = (...change: string[][]): ClientMessage => ({
      change: change.map((each) => ['delete', APEX, ...each]),
    })
    const before = await read(ZONE, 'SOA')
    const answers = await send(deletes(['NS']), deletes(['SOA']), deletes([]))
    assert.deepEqual(answers, ['NOERROR', 'NOERROR', 'NOERROR'])
    assert.deepEqual(await read(ZONE, 'SOA'), before)
    assert.equal((await read(ZONE, 'NS')).length, 2)
    assert.deepEqual(await send(deletes(['NS', 'ns1.provider.example.'], ['NS', 'ns2.provider.example.'])), [
      'NOERROR',
    ])
    assert.deepEqual(await read(ZONE, 'NS'), ['ns2.provider.example.'])
  })
})

describe('Ansible', () => {
  it('asks by prerequisites whether a set is there and is as wanted, and changes nothing by it', async () => {
    const HOST = `ansible.${ZONE}.`
    const exists: ClientMessage = { require: [['present', HOST, 'A']] }
    const asWanted: ClientMessage = {
      require: [
        ['present', HOST, 'A'],
        ['present', HOST, 'A', '192.0.2.31'],
        ['present', HOST, 'A', '192.0.2.30'],
      ],
    }
    assert.deepEqual(await send(exists, asWanted), ['NXRRSET', 'NXRRSET'])
    const add = { change: [['add', HOST, 300, 'A', '192.0.2.30']] }
    assert.deepEqual(await send(add, exists, asWanted), ['NOERROR', 'NOERROR', 'NXRRSET'])
    const addOther = { change: [['add', HOST, 300, 'A', '192.0.2.31']] }
    assert.deepEqual(await send(addOther), ['NOERROR'])
    const before = await serial()
    assert.deepEqual(await send(exists, asWanted), ['NOERROR', 'NOERROR'])
    assert.equal(await serial(), before)
  })
})

describe('a home router without a key', () => {
  it('updates a zone that is open to its address: delete, add, in one unsigned message', async () => {
    const HOST = 'home.open.example.'
    const report = (address: string): ClientMessage => ({
      zone: 'open.example',
      signed: false,
      change: [
        ['delete', HOST, 'A'],
        ['add', HOST, 60, 'A', address],
      ],
    })
    assert.deepEqual(await send(report('192.0.2.40'), report('192.0.2.41')), ['NOERROR', 'NOERROR'])
    assert.deepEqual(await read(HOST, 'A'), ['192.0.2.41'])
  })
})

describe('a client whose clock is wrong (RFC 8945 §5.2.3)', () => {
  interface Verdict {
    readonly rcode: string
    readonly error: string
    readonly signedAt: number
    readonly timeInAnswer: number
    readonly serverTime: number
    readonly macIsRight: boolean
  }
  const sendAt = (offset: number) =>
    python<Verdict>('clock.py', { ...clients.server, key, zone: ZONE, name: `clock.${ZONE}.`, offset })

  for (const offset of [-3_600, -302, 302, 86_400])
    it(`by ${offset} s: NOTAUTH and BADTIME, signed, with our time`, async () => {
      const verdict = await sendAt(offset)
      assert.deepEqual([verdict.rcode, verdict.error], ['NOTAUTH', 'BADTIME'])
      assert.equal(verdict.timeInAnswer, verdict.signedAt, '§5.3.2: the time of the request comes back')
      assert.ok(Math.abs(verdict.serverTime - Date.now() / 1_000) < 10)
      assert.ok(verdict.macIsRight)
    })

  it('by less than five minutes is let in', async () => {
    for (const offset of [-290, 290]) {
      const verdict = await sendAt(offset)
      assert.deepEqual([verdict.rcode, verdict.error, verdict.macIsRight], ['NOERROR', 'NOERROR', true])
    }
  })
})
