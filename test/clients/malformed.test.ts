import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Class, Opcode, rcodeToText, Type } from '../../shared/dns/codes.ts'
import { ExtendedErrorCode, readExtendedError } from '../../shared/dns/edns.ts'
import { encodeMessage } from '../../shared/dns/message.ts'
import { nameOf, nameToWire } from '../../shared/dns/name.ts'
import { LONGEST_RDATA } from '../../shared/dns/record.ts'
import type { TsigKey } from '../../shared/dns/tsig.ts'
import { ANYBODY_HERE } from '../support/client-system.ts'
import { Datagrams } from '../support/datagrams.ts'
import { dig, headerOf } from '../support/dig.ts'
import { addA, keyOf, newId, query, sendTcp, signed, update } from '../support/dns-client.ts'
import { historyIsWhole } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { decoded } from '../support/spec.ts'
import { TestSystem } from '../support/system.ts'
import { Dice } from './random-updates.ts'

// Octets that are no message: FORMERR with the id where a header can be read, silence otherwise, and the edge goes on.

let system: TestSystem
let edge: ServiceProcess
let port: number
let httpPort: number
let key: TsigKey
let zoneId: number
let client: Datagrams

before(async () => {
  system = await TestSystem.prepare()
  const writer = await system.writer()
  const api = system.api(writer)
  key = keyOf(await api.createKey('demo'))
  zoneId = (await api.createZone('example.com', { allowUpdate: [...ANYBODY_HERE, 'demo'] })).id
  ;[port, httpPort] = [await freePort(), await freePort()]
  edge = await new ServiceProcess('edge', {
    ...system.environment,
    ZONELOG_DNS_LISTEN: `127.0.0.1:${port}`,
    ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
    ZONELOG_LOG_LEVEL: 'error',
  }).ready(httpPort)
  client = await Datagrams.to(port)
})
after(async () => {
  client?.close()
  await edge?.stop()
  await system?.close()
})

const sound = () => Buffer.from(update({ updates: [addA('host.example.com.', '192.0.2.1')] }))

/** `id opcode rcode` of an answer with nothing but a header, and an explanation for whoever sent EDNS that could be read. */
function bareAnswer(answer: Buffer): string {
  const { header, edns } = decoded(answer)
  const { id, qr, opcode, rcode, counts } = header
  if (edns === undefined) assert.equal(answer.length, 12)
  else assert.equal(readExtendedError(edns.options)?.code, ExtendedErrorCode.INVALID_DATA)
  assert.deepEqual(counts, { qd: 0, an: 0, ns: 0, ar: edns === undefined ? 0 : 1 })
  assert.ok(qr)
  return `${id} ${opcode} ${rcodeToText(rcode)}`
}

/** Each gets FORMERR with its own id and opcode. */
async function getFormErr(...messages: readonly Buffer[]): Promise<void> {
  const wanted: string[] = []
  const numbered = messages.map((message, index) => {
    const octets = Buffer.from(message)
    octets.writeUInt16BE(0x1000 + index, 0)
    wanted.push(`${0x1000 + index} ${(octets[2]! >> 3) & 15} FORMERR`)
    return octets
  })
  assert.deepEqual((await client.exchange(...numbered)).map(bareAnswer).sort(), wanted)
}

/** With one count of the header changed; 0 to 3 for the sections. */
function withCount(octets: Buffer, section: number, change: number): Buffer {
  const copy = Buffer.from(octets)
  copy.writeUInt16BE((copy.readUInt16BE(4 + 2 * section) + change) & 0xffff, 4 + 2 * section)
  return copy
}

/** An UPDATE of the zone whose update section holds these octets as one record. */
function withRecord(record: Buffer, count = 1): Buffer {
  const message = Buffer.from(update({}))
  return withCount(Buffer.concat([message, record]), 2, count)
}

/** Type A, class IN, TTL 60, four octets. */
const A_FIELDS = Buffer.from('000100010000003c0004c0000201', 'hex')

describe('a datagram', () => {
  it('shorter than a header gets silence', async () => {
    const octets = sound()
    const short = Array.from({ length: 12 }, (_, length) => octets.subarray(0, length))
    assert.deepEqual(await client.exchange(...short), [])
  })

  it('that is an answer gets silence', async () => {
    for (const message of [sound(), Buffer.from(query('example.com.', 'SOA'))]) {
      message[2]! |= 0x80
      assert.deepEqual(await client.exchange(message), [])
    }
  })

  it('cut off anywhere after its header gets FORMERR', async () => {
    const octets = sound()
    const lengths = Array.from({ length: octets.length - 12 }, (_, index) => 12 + index)
    await getFormErr(...lengths.map((length) => octets.subarray(0, length)))
  })

  it('with octets after its end gets FORMERR', async () => {
    const tails = [Buffer.alloc(1), Buffer.from('garbage'), sound()]
    await getFormErr(...tails.map((tail) => Buffer.concat([sound(), tail])))
  })

  it('whose counts lie gets FORMERR', async () => {
    const changes = [1, 7, -1, 0x7fff]
    await getFormErr(
      ...[0, 1, 2, 3].flatMap((section) => changes.map((change) => withCount(sound(), section, change))),
    )
  })

  it('with a name that never ends, leaves the message, or is too long gets FORMERR', async () => {
    const at = update({}).length
    const pointer = (to: number) => Buffer.from([0xc0 | (to >> 8), to & 0xff])
    const long = Buffer.concat([
      ...Array.from({ length: 4 }, () => nameToWire(nameOf('a'.repeat(63))).subarray(0, -1)),
      Buffer.alloc(1),
    ])
    const names = {
      'a pointer to itself': pointer(at),
      'a pointer forward': pointer(at + 4),
      'a pointer beyond the end': pointer(0x3fff),
      'a pointer into the header': pointer(2),
      'a loop of a label and a pointer': Buffer.concat([Buffer.from([1, 0x61]), pointer(at)]),
      'a label of type 01': Buffer.from([0x41, 0x61, 0]),
      'a label of type 10': Buffer.from([0x81, 0x61, 0]),
      'a name of 257 octets': long,
    }
    const cutOff = { 'half a pointer': Buffer.from([0xc0]), 'a label': Buffer.from([63, 0x61]) }
    await getFormErr(
      ...Object.values(names).map((name) => withRecord(Buffer.concat([name, A_FIELDS]))),
      ...Object.values(cutOff).map((name) => withRecord(name)),
    )
  })

  it('with an RDLENGTH beyond the end gets FORMERR', async () => {
    const records = [5, 255, 0xffff].map((length) => {
      const record = Buffer.concat([Buffer.from([0xc0, 12]), A_FIELDS])
      record.writeUInt16BE(length, record.length - 6)
      return withRecord(record)
    })
    await getFormErr(...records)
  })

  it('with OPT twice, or of another owner than the root, gets FORMERR', async () => {
    const opt = Buffer.from('00002904d0000000000000', 'hex')
    const named = Buffer.concat([Buffer.from([0xc0, 12]), opt.subarray(1)])
    await getFormErr(
      withCount(Buffer.concat([sound(), opt, opt]), 3, 2),
      withCount(Buffer.concat([sound(), named]), 3, 1),
    )
  })
})

describe('TSIG', () => {
  const tsigOf = (message: Buffer) => Buffer.from(signed(message, key)).subarray(message.length)
  const glue = Buffer.concat([Buffer.from([0xc0, 12]), A_FIELDS])

  it('twice gets FORMERR (RFC 8945 §5.1)', async () => {
    const message = sound()
    await getFormErr(Buffer.from(signed(signed(message, key), key)))
  })

  it('before another record gets FORMERR (RFC 8945 §5.1)', async () => {
    const message = sound()
    await getFormErr(withCount(Buffer.concat([message, tsigOf(message), glue]), 3, 2))
  })

  it('in another section gets FORMERR', async () => {
    for (const section of [1, 2]) {
      const message = Buffer.from(update({}))
      await getFormErr(withCount(Buffer.concat([message, tsigOf(message)]), section, 1))
    }
  })

  it('whose own lengths lie gets FORMERR', async () => {
    const message = sound()
    const octets = Buffer.from(signed(message, key))
    const macSizeAt =
      message.length + nameToWire(key.name).length + 10 + nameToWire(nameOf('hmac-sha256.')).length + 8
    assert.equal(octets.readUInt16BE(macSizeAt), 32)
    for (const size of [0, 31, 33, 0xffff]) {
      octets.writeUInt16BE(size, macSizeAt)
      await getFormErr(octets)
    }
  })

  it('with one octet of the message changed gets BADSIG, wherever it is', async () => {
    const message = sound()
    const name = nameToWire(nameOf('host.example.com.'))
    const from = message.indexOf(Buffer.from(name.subarray(0, 5)))
    for (let at = from + 1; at < from + 5; at++) {
      const octets = Buffer.from(signed(message, key))
      octets[at]! ^= 1
      const [answer] = await client.exchange(octets)
      const { header, tsig } = decoded(answer!)
      assert.deepEqual([rcodeToText(header.rcode), tsig?.error, tsig?.mac.length], ['NOTAUTH', 16, 0])
    }
  })
})

describe('TCP', () => {
  const open = () => connect(port, '127.0.0.1')
  const frame = (octets: Uint8Array) => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(octets.length)
    return Buffer.concat([length, octets])
  }

  /** So many whole answers of a connection, in the order they come. */
  async function answersOn(socket: Socket, count: number): Promise<Buffer[]> {
    let received = Buffer.alloc(0)
    const answers: Buffer[] = []
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer])
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0)
        answers.push(received.subarray(2, end))
        received = received.subarray(end)
      }
      if (answers.length >= count) break
    }
    socket.destroy()
    return answers
  }

  it('takes a frame octet by octet', async () => {
    const socket = open().setNoDelay(true)
    const octets = frame(query('example.com.', 'SOA', 7))
    for (const octet of octets) {
      socket.write(Buffer.of(octet))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const [answer] = await answersOn(socket, 1)
    assert.equal(answer!.readUInt16BE(0), 7)
  })

  it('answers garbage with FORMERR, empty frames and answers with silence, and goes on with the connection', async () => {
    const socket = open()
    const notAQuery = Buffer.from(query('example.com.', 'SOA', 3))
    notAQuery[2]! |= 0x80
    const garbage = Buffer.concat([Buffer.from([0x12, 0x34, 0x28, 0]), Buffer.alloc(60_000, 0xc1)])
    for (const octets of [
      Buffer.alloc(0),
      Buffer.alloc(5, 1),
      notAQuery,
      garbage,
      query('example.com.', 'SOA', 9),
    ])
      socket.write(frame(octets))
    const answers = await answersOn(socket, 2)
    assert.deepEqual(new Set(answers.map((answer) => answer.readUInt16BE(0))), new Set([0x1234, 9]))
  })

  it('half a frame and then nothing harms nobody', async () => {
    const sockets = Array.from({ length: 20 }, open)
    for (const socket of sockets) socket.write(frame(sound()).subarray(0, 20))
    assert.equal((await sendTcp(port, query('example.com.', 'SOA'))).answers.length, 1)
    for (const [index, socket] of sockets.entries()) {
      if (index % 2 === 0) socket.destroy()
      else socket.end()
    }
    assert.equal((await sendTcp(port, query('example.com.', 'SOA'))).answers.length, 1)
  })

  it('takes an update of the greatest size, 65,535 octets, and gives it back', async () => {
    const record = { name: nameOf('example.com.'), class: Class.IN, ttl: 60 }
    const longest = { ...record, type: 65_280, rdata: Buffer.alloc(LONGEST_RDATA, 'zonelog ') }
    const empty = { ...record, type: 65_281, rdata: new Uint8Array() }
    const room = 65_535 - update({ updates: [longest, empty] }).length
    const updates = [longest, { ...empty, rdata: Buffer.alloc(room, 'zonelog ') }]
    const added = await sendTcp(port, update({ updates }))
    assert.equal(rcodeToText(added.header.rcode), 'NOERROR')
    for (const { type, rdata } of updates) {
      const [stored] = (await sendTcp(port, query('example.com.', `TYPE${type}`))).answers
      assert.ok(stored !== undefined && rdata.equals(stored.rdata))
    }
  })

  it('refuses a record that would fit into no signed transfer of the zone', async () => {
    const record = { name: nameOf('example.com.'), type: 65_282, class: Class.IN, ttl: 60 }
    const rdata = Buffer.alloc(LONGEST_RDATA + 1)
    const refused = await sendTcp(port, update({ updates: [{ ...record, rdata }] }))
    assert.equal(rcodeToText(refused.header.rcode), 'REFUSED')
  })
})

describe('twenty thousand datagrams that are wrong in one way or another', () => {
  const COUNT = 20_000
  const AT_ONCE = 250

  it('leave the edge up, answering, and its history whole', async () => {
    const dice = new Dice(2136)
    let answered = 0
    for (let sent = 0; sent < COUNT; sent += AT_ONCE) {
      const answers = await client.exchange(...Array.from({ length: AT_ONCE }, () => wrong(dice)))
      for (const answer of answers) assert.ok(answer.length >= 12 && answer[2]! >= 0x80)
      answered += answers.length
    }
    assert.ok(answered > COUNT / 4, `${answered} answers`)
    assert.equal(headerOf(await dig({ host: '127.0.0.1', port }, 'example.com', 'SOA')).status, 'NOERROR')
    const added = await sendTcp(
      port,
      signed(update({ updates: [addA('after.example.com.', '192.0.2.9')] }), key),
    )
    assert.equal(rcodeToText(added.header.rcode), 'NOERROR')
    const health = (await (await fetch(`http://127.0.0.1:${httpPort}/healthz`)).json()) as { status: string }
    assert.equal(health.status, 'ok')
    assert.equal(edge.log, '', 'the edge found no fault of its own')
    await historyIsWhole(system, zoneId)
  })

  /** Noise, a header before noise, or a sound message with some octets changed. */
  function wrong(dice: Dice): Buffer {
    const noise = (length: number) => Buffer.from(Array.from({ length }, () => dice.below(256)))
    const header = Buffer.from([
      0,
      0,
      dice.of([0, 0x28]),
      0,
      0,
      dice.below(3),
      0,
      dice.below(3),
      0,
      dice.below(3),
      0,
      dice.below(3),
    ])
    header.writeUInt16BE(dice.below(0xfff0), 0)
    const kind = dice.below(4)
    if (kind === 0) return noise(dice.below(64))
    if (kind === 1) return Buffer.concat([header, noise(dice.below(200))])
    const id = dice.below(0xfff0)
    const octets = Buffer.from(
      dice.of([
        () => query('host.example.com.', 'A', id),
        () => update({ id, updates: [addA('host.example.com.', '192.0.2.1')] }),
        () => signed(update({ id, updates: [addA('host.example.com.', '192.0.2.2')] }), key),
        () => optQuery(id),
      ])(),
    )
    for (let changes = 1 + dice.below(4); changes > 0; changes--)
      octets[2 + dice.below(octets.length - 2)] = dice.below(256)
    return dice.chance(0.3) ? octets.subarray(0, dice.below(octets.length)) : octets
  }

  function optQuery(id: number): Uint8Array {
    return encodeMessage({
      id,
      opcode: Opcode.QUERY,
      questions: [{ name: nameOf('host.example.com.'), type: Type.A, class: Class.IN }],
      edns: { options: [{ code: 10, data: Buffer.alloc(8, newId() & 255) }] },
    })
  }
})
