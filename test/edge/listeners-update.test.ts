import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { BoundedWork } from '../../services/edge/bounded-work.ts'
import { handleMessage, type MessageContext } from '../../services/edge/handle-message.ts'
import type { Listener, MessageHandler } from '../../services/edge/listeners/listener.ts'
import { listenTcp } from '../../services/edge/listeners/tcp.ts'
import { listenUdp } from '../../services/edge/listeners/udp.ts'
import { EdgeMetrics } from '../../services/edge/metrics.ts'
import { RefusalLog } from '../../services/edge/update/refusal-log.ts'
import { RefusedSignatures } from '../../services/edge/update/refused-signatures.ts'
import { Resends } from '../../services/edge/update/resends.ts'
import { UpdateLimits } from '../../services/edge/update/update-limits.ts'
import { Class, Opcode, Rcode, rcodeToText, Type } from '../../shared/dns/codes.ts'
import { FrameReader, frame } from '../../shared/dns/frame-reader.ts'
import { encodeMessage, type MessageParts } from '../../shared/dns/message.ts'
import { type Name, nameOf } from '../../shared/dns/name.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { signMessage, type TsigKey, verifyRequest } from '../../shared/dns/tsig.ts'
import { silentLogger } from '../../shared/log.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import { newId } from '../support/dns-client.ts'
import { decoded } from '../support/spec.ts'

const log = silentLogger()
/** 255 octets, the longest there are. */
const LONG = nameOf([...new Array(3).fill('z'.repeat(63)), 'z'.repeat(61)].join('.'))
const key: TsigKey = {
  name: nameOf([...new Array(3).fill('k'.repeat(63)), 'k'.repeat(61)].join('.')),
  algorithm: 'hmac-sha512',
  secret: Buffer.alloc(64, 1),
}
const CLASSIC_UDP = 512

const zoneIsLong = { questions: [{ name: LONG, type: Type.SOA, class: Class.IN }] }
const addition: ResourceRecord = {
  name: LONG,
  type: Type.TXT,
  class: Class.IN,
  ttl: 60,
  rdata: Uint8Array.of(1, 0x78),
}

function updateOf(parts: Partial<MessageParts> = {}): Uint8Array {
  return encodeMessage({
    id: newId(),
    opcode: Opcode.UPDATE,
    ...zoneIsLong,
    authorities: [addition],
    ...parts,
  })
}

function signed(message: Uint8Array, now = Date.now() / 1_000): Uint8Array {
  return signMessage(message, key, now).bytes
}

describe('RFC 2136 §3.8: answers to UPDATE are whole, and never have TC', () => {
  let udp: Listener
  let tcp: Listener
  let rcode: number = Rcode.NOERROR
  const metrics = new EdgeMetrics()
  const refusals = new RefusalLog({
    edgeId: 'e',
    now: Date.now,
    send: async () => {},
    onRefusal: () => {},
  })

  before(async () => {
    const rule = parseRule('grant * zonesub ANY', LONG)
    assert.ok(rule.ok)
    const zone = { id: 1, name: LONG, rules: [rule.value] }
    const catalog = {
      zoneNamed: (name: Name) => (name === LONG ? zone : undefined),
      zones: () => [zone],
      keysFor: (name: Name) => (name === key.name ? [key] : []),
      keyNames: () => [key.name],
    }
    const context: MessageContext = {
      keyUsage: { add: () => {} },
      edgeId: 'e',
      commandTtlMs: 1_000,
      catalog: catalog as unknown as MessageContext['catalog'],
      resends: new Resends(),
      limits: new UpdateLimits(100),
      turnedAway: new Resends(),
      refusedSignatures: new RefusedSignatures(Date.now),
      transfers: { answer: async () => undefined },
      sig0Checks: new BoundedWork(1, 1),
      refusals,
      metrics,
      log,
      now: Date.now,
      submit: async ({ id, zoneId }) => ({
        commandId: id,
        zoneId,
        seq: 1,
        eventSeq: 1,
        rcode,
        reason: 'not-permitted',
        detail: '',
      }),
      onResend: () => {},
      responder: {
        respond: () => undefined,
        optionsFor: () => [],
        limit: () => 'pass',
        udpSize: 1_232,
        hasMalformedCookie: () => false,
      },
    }
    const handle: MessageHandler = (message, from) => handleMessage(message, from, context)
    const listening = { endpoints: [{ host: '127.0.0.1', port: 0 }], handle, log, graceMs: 100 }
    ;[udp, tcp] = [await listenUdp(listening), await listenTcp(listening)]
  })
  after(async () => {
    await Promise.all([udp.close(), tcp.close()])
    await refusals.close()
  })

  async function overUdp(message: Uint8Array): Promise<Buffer> {
    const socket = createSocket('udp4')
    socket.send(message, udp.endpoints[0]!.port, '127.0.0.1')
    const [answer] = await once(socket, 'message', { signal: AbortSignal.timeout(20_000) })
    socket.close()
    return answer
  }
  async function overTcp(message: Uint8Array): Promise<Buffer> {
    const socket = connect(tcp.endpoints[0]!.port, '127.0.0.1')
    socket.write(frame(message))
    const reader = new FrameReader()
    for await (const chunk of socket) {
      reader.push(chunk as Buffer)
      const answer = reader.next()
      if (answer !== undefined) return Buffer.from(answer)
    }
    throw new Error('the connection ended before an answer')
  }

  /** Whole in this sense: the zone section is there, and nothing is missing at the end. */
  function isWhole(bytes: Uint8Array, expected: keyof typeof Rcode, questions = 1): void {
    const { header } = decoded(bytes)
    assert.deepEqual(
      [header.qr, header.opcode, header.tc, rcodeToText(header.rcode), header.counts.qd],
      [true, Opcode.UPDATE, false, expected, questions],
    )
  }

  for (const [transport, ask] of [
    ['UDP', overUdp],
    ['TCP', overTcp],
  ] as const)
    describe(`over ${transport}`, () => {
      it('every rcode', async () => {
        for (const wanted of ['NOERROR', 'SERVFAIL', 'NXRRSET', 'YXDOMAIN', 'REFUSED'] as const) {
          rcode = Rcode[wanted]
          isWhole(await ask(updateOf()), wanted)
        }
        rcode = Rcode.NOERROR
      })
      it('signed under the longest names, which is more than 512 octets, without EDNS', async () => {
        const request = signed(updateOf())
        const answer = await ask(request)
        assert.ok(answer.length > CLASSIC_UDP, String(answer.length))
        isWhole(answer, 'NOERROR')
        assert.equal(decoded(answer).tsig?.mac.length, 64)
      })
      it('a signature that is too old, and one by a key that is not known', async () => {
        const old = await ask(signed(updateOf(), Date.now() / 1_000 - 3_600))
        assert.ok(old.length > CLASSIC_UDP)
        isWhole(old, 'NOTAUTH')
        const stranger = { ...key, name: nameOf(key.name.replaceAll('k', 's')) }
        isWhole(await ask(signMessage(updateOf(), stranger, Date.now() / 1_000).bytes), 'NOTAUTH')
      })
      it('with the smallest EDNS size', async () => {
        const answer = await ask(signed(updateOf({ edns: { udpSize: 512 } })))
        assert.ok(answer.length > CLASSIC_UDP)
        isWhole(answer, 'NOERROR')
      })
      it('when the request itself says TC', async () =>
        isWhole(await ask(updateOf({ flags: { tc: true } })), 'NOERROR'))
      it('a zone section of many zones is refused whole', async () => {
        const questions = new Array(100).fill(zoneIsLong.questions[0])
        isWhole(await ask(updateOf({ questions })), 'FORMERR', 100)
      })
      it('another zone', async () => {
        const questions = [{ name: key.name, type: Type.SOA, class: Class.IN }]
        isWhole(await ask(updateOf({ questions, authorities: [] })), 'NOTAUTH')
      })
      it('a message that is cut short', async () => {
        const { header } = decoded(await ask(updateOf().subarray(0, -1)))
        assert.deepEqual([header.tc, header.rcode, header.counts.qd], [false, Rcode.FORMERR, 0])
      })
    })

  it('a request of 65,535 octets over TCP', async () => {
    const spare =
      65_535 - signed(updateOf({ authorities: [{ ...addition, rdata: new Uint8Array() }] })).length
    const request = signed(updateOf({ authorities: [{ ...addition, rdata: texts(spare) }] }))
    assert.equal(request.length, 65_535)
    assert.equal(verifyRequest(request, decoded(request), () => [key], Date.now() / 1_000).kind, 'verified')
    isWhole(await overTcp(request), 'NOERROR')
  })
})

/** TXT data of that many octets. */
function texts(octets: number): Uint8Array {
  const rdata = Buffer.alloc(octets, 0x78)
  for (let at = 0; at < octets; at += 256) rdata[at] = Math.min(255, octets - at - 1)
  return rdata
}
