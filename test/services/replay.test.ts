import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { commitBatch } from '../../services/zone-writer/batch/commit-batch.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { Class, rcodeToText } from '../../shared/dns/codes.ts'
import { withoutSignature } from '../../shared/dns/signed-content.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { fingerprintOf, signatureMark } from '../../shared/fingerprint.ts'
import { RESEND_LOOK_BACK_MS } from '../../shared/time-limits.ts'
import type { AdminApi } from '../support/admin-api.ts'
import { commandOf } from '../support/command.ts'
import { addA, DnsClient, keyOf, noName, signed, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { decoded } from '../support/spec.ts'
import { type RunningEdge, type RunningWriter, TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

// P2 for signed messages: whoever has recorded one off the wire can send it again, but it changes nothing any more.

let system: TestSystem
let writer: RunningWriter
let api: AdminApi
let edge: RunningEdge
let otherEdge: RunningEdge
let key: TsigKey
let zoneId: number
let client: DnsClient
/** Who replays: at another address and another edge, so that no fingerprint is the same. */
let thief: DnsClient

before(async () => {
  ;({ system, writer, api, edge } = await TestSystem.start())
  otherEdge = await system.edge()
  key = keyOf(await api.createKey('demo'))
  zoneId = (await api.createZone('example.com', { allowUpdate: ['demo'] })).id
  await until('both edges know the zone', async () => {
    const answers = await Promise.all(
      [edge, otherEdge].map(({ httpPort }) => fetch(`http://127.0.0.1:${httpPort}/healthz`)),
    )
    const healths = (await Promise.all(answers.map((answer) => answer.json()))) as {
      zones: { known: number }
    }[]
    return healths.every(({ zones }) => zones.known === 1)
  })
  client = await DnsClient.to(edge.port)
  thief = await DnsClient.to(otherEdge.port, '127.0.0.2')
})

after(async () => {
  client?.close()
  thief?.close()
  await system?.close()
})

let names = 0
const newName = () => `r${++names}.example.com.`

/** Whoever owns the name takes it away again. */
async function remove(name: string): Promise<void> {
  const removal = { ...addA(name, '0.0.0.0', 0), class: Class.ANY, rdata: new Uint8Array() }
  assert.equal(await client.rcode(signed(update({ updates: [removal] }), key)), 'NOERROR')
}

/** How many events the zone has after all that `work` does. */
async function eventsAddedBy(work: () => Promise<void>): Promise<number> {
  const before = (await historyOf(system, zoneId)).length
  await work()
  return (await historyOf(system, zoneId)).length - before
}

describe('P2 a signed message that comes again', () => {
  it('gets the recorded outcome from any edge, from any address, and changes nothing', async () => {
    const name = newName()
    const message = signed(update({ updates: [addA(name, '192.0.2.1')] }), key)
    assert.equal(await client.rcode(message), 'NOERROR')
    await remove(name)
    const added = await eventsAddedBy(async () => {
      assert.equal(await thief.rcode(message), 'NOERROR')
      assert.equal(await thief.rcode(message), 'NOERROR')
    })
    assert.equal(added, 0)
    assert.deepEqual(await client.query(name, 'A'), [])
  })

  it('an outcome that was an error is repeated, though it would be none by now', async () => {
    const name = newName()
    const message = signed(update({ prerequisites: [{ ...noName(name), class: Class.ANY }] }), key)
    assert.equal(await client.rcode(message), 'NXDOMAIN')
    assert.equal(await client.rcode(signed(update({ updates: [addA(name, '192.0.2.1')] }), key)), 'NOERROR')
    assert.equal(await thief.rcode(message), 'NXDOMAIN')
  })

  it('under another message id too, which the signature does not cover', async () => {
    const name = newName()
    const message = Buffer.from(signed(update({ updates: [addA(name, '192.0.2.1')] }), key))
    assert.equal(await client.rcode(message), 'NOERROR')
    await remove(name)
    message.writeUInt16BE((message.readUInt16BE(0) + 1) & 0xffff, 0)
    assert.equal(await eventsAddedBy(async () => void (await thief.rcode(message))), 0)
    assert.equal(await eventsAddedBy(async () => void (await client.rcode(message))), 0)
    assert.deepEqual(await client.query(name, 'A'), [])
  })

  it('a re-send that was signed again cannot be replayed either', async () => {
    const name = newName()
    const content = update({ updates: [addA(name, '192.0.2.1')] })
    const now = Date.now() / 1_000
    assert.equal(await client.rcode(signed(content, key, now)), 'NOERROR')
    assert.equal(await client.rcode(signed(content, key, now + 1)), 'NOERROR')
    await remove(name)
    assert.equal(await eventsAddedBy(async () => void (await thief.rcode(signed(content, key, now + 1)))), 0)
    assert.deepEqual(await client.query(name, 'A'), [])
  })

  it('after every writer was restarted', async () => {
    const name = newName()
    const message = signed(update({ updates: [addA(name, '192.0.2.1')] }), key)
    assert.equal(await client.rcode(message), 'NOERROR')
    await remove(name)
    await writer.close()
    writer = await system.writer()
    api = system.api(writer)
    const added = await eventsAddedBy(async () => {
      // while partitions change hands an answer may be late
      await until('there is an answer', async () => (await thief.rcode(message, 3_000)) === 'NOERROR')
    })
    assert.equal(added, 0)
    assert.deepEqual(await client.query(name, 'A'), [])
  })

  it('after the zone was deleted and another of its name created', async () => {
    const zone = 'again.example.'
    const create = async () => await api.createZone(zone, { allowUpdate: ['demo'] })
    const first = await create()
    const message = signed(update({ zone, updates: [addA(`host.${zone}`, '192.0.2.1')] }), key)
    // one that does not would refuse this message for as long as its signature is good
    await until('the edge knows the zone', async () => (await client.query(zone, 'SOA')).length === 1)
    assert.equal(await client.rcode(message), 'NOERROR')
    await api.delete(`/v1/zones/${zone}`)
    const second = await create()
    assert.notEqual(second.id, first.id)
    await until('the other edge knows the new zone', async () => {
      const [soa] = await thief.query(zone, 'SOA')
      return soa !== undefined && (await thief.query(`host.${zone}`, 'A')).length === 0
    })
    assert.equal(await thief.rcode(message), 'NOERROR')
    assert.equal((await historyOf(system, second.id)).length, 1)
    assert.deepEqual(await thief.query(`host.${zone}`, 'A'), [])
  })

  it('is another message when it was signed at another time, once the re-send window is over', async () => {
    const content = update({ prerequisites: [noName(newName())] })
    const now = Math.floor(Date.now() / 1_000)
    const [first, second] = [signed(content, key, now), signed(content, key, now + 60)]
    const queuedAt = Date.now()
    assert.equal((await commit(first, queuedAt)).events, 1)
    assert.equal((await commit(second, queuedAt + RESEND_LOOK_BACK_MS + 1)).events, 1)
    assert.equal((await commit(first, queuedAt + 250_000)).events, 0)
    assert.equal((await commit(second, queuedAt + 250_000)).events, 0)
  })

  it('but a command that expired, of which nobody was told, is decided when it comes again', async () => {
    const name = newName()
    const message = signed(update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.1')] }), key)
    const queuedAt = Date.now()
    const expired = commandFrom(message, { deadline: queuedAt - 1 })
    const late = await commitBatch(system.commits, [{ command: expired, queuedAt }], Date.now)
    assert.equal(late.outcomes[0]!.outcome.reason, 'expired')
    // the stream delivers it once more before its acknowledgement arrives
    await commitBatch(system.commits, [{ command: expired, queuedAt }], Date.now)
    const { rcode, events } = await commit(message, queuedAt + 1_000)
    assert.deepEqual([rcode, events], ['NOERROR', 1])
  })

  it('twice in one batch is decided once', async () => {
    const name = newName()
    const message = signed(update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.1')] }), key)
    const queuedAt = Date.now()
    const queue = ['127.0.0.1', '127.0.0.2'].map((address) => ({
      command: commandFrom(message, { source: { address, port: 1 } }),
      queuedAt,
    }))
    const { outcomes, events } = await commitBatch(system.commits, queue, Date.now)
    assert.deepEqual(
      outcomes.map(({ outcome }) => rcodeToText(outcome.rcode)),
      ['NOERROR', 'NOERROR'],
    )
    assert.equal(events.length, 1)
  })

  it('P3: signed again while NATS is down, a re-send still gets the first outcome, and no error', async () => {
    const name = newName()
    const content = update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.1')] })
    const now = Date.now() / 1_000
    assert.equal(await client.rcode(signed(content, key, now)), 'NOERROR')
    await system.nats.kill()
    await until('the edge notices', async () => {
      const answer = await fetch(`http://127.0.0.1:${edge.httpPort}/healthz`)
      return ((await answer.json()) as { nats: { connected: boolean } }).nats.connected === false
    })
    assert.equal(await client.rcode(signed(content, key, now + 1)), 'NOERROR')
    assert.equal(await client.rcode(signed(update({}), key)), 'SERVFAIL')
    await system.nats.restart()
    await until(
      'updates flow',
      async () => (await client.rcode(signed(update({}), key), 5_000)) === 'NOERROR',
    )
  })

  it('P6: history is whole after all of that', async () => {
    await historyIsWhole(system, zoneId)
  })
})

describe('what tells that a signed message is the same', () => {
  const message = signed(update({ updates: [addA('www.example.com.', '192.0.2.1')] }), constantKey())
  const digest = (bytes: Uint8Array) =>
    Buffer.from(signatureMark(bytes, decoded(bytes))!.digest).toString('hex')

  it('is not the length of its MAC, which anybody can cut', () => {
    const { tsig } = decoded(message)
    const cut = Buffer.from(message)
    const macAt = cut.indexOf(tsig!.mac)
    const shorter = Buffer.concat([cut.subarray(0, macAt + 16), cut.subarray(macAt + 32)])
    shorter.writeUInt16BE(16, macAt - 2)
    const { signatureStart } = decoded(message)
    const lengthAt = macAt - 2 - 8 - 13 - 2
    assert.ok(lengthAt > signatureStart!)
    shorter.writeUInt16BE(shorter.readUInt16BE(lengthAt) - 16, lengthAt)
    assert.equal(decoded(shorter).tsig!.mac.length, 16)
    assert.equal(digest(shorter), digest(message))
  })

  it('is its time, its key and its content', () => {
    const others = [
      signed(update({ updates: [addA('www.example.com.', '192.0.2.2')] }), constantKey()),
      signed(withoutSignature(message, decoded(message)), constantKey(), Date.now() / 1_000 + 5),
      signed(withoutSignature(message, decoded(message)), {
        ...constantKey(),
        name: 'other.' as TsigKey['name'],
      }),
    ]
    for (const other of others) assert.notEqual(digest(other), digest(message))
  })

  it('has an end, after which the signature is too old anyway', () => {
    const { timeSigned, fudge } = decoded(message).tsig!
    assert.equal(signatureMark(message, decoded(message))!.expiresAt, (timeSigned + fudge + 1) * 1_000)
  })
})

function constantKey(): TsigKey {
  return keyOf({ name: 'demo', algorithm: 'hmac-sha256', secret: Buffer.alloc(32).toString('base64') })
}

function commandFrom(message: Uint8Array, more: Partial<UpdateCommand> = {}): UpdateCommand {
  const identity = 'key:demo.'
  const address = more.source?.address ?? '127.0.0.1'
  const fingerprint = fingerprintOf(identity, address, withoutSignature(message, decoded(message)))
  return commandOf(zoneId, message, { identity, fingerprint, ...more })
}

async function commit(message: Uint8Array, queuedAt: number): Promise<{ rcode: string; events: number }> {
  const { outcomes, events } = await commitBatch(
    system.commits,
    [{ command: commandFrom(message), queuedAt }],
    Date.now,
  )
  return { rcode: rcodeToText(outcomes[0]!.outcome.rcode), events: events.length }
}
