import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BoundedWork } from '../../services/edge/bounded-work.ts'
import { handleMessage, type MessageContext } from '../../services/edge/handle-message.ts'
import { EdgeMetrics } from '../../services/edge/metrics.ts'
import { RefusalLog } from '../../services/edge/update/refusal-log.ts'
import { RefusedSignatures } from '../../services/edge/update/refused-signatures.ts'
import { Resends } from '../../services/edge/update/resends.ts'
import { UpdateLimits } from '../../services/edge/update/update-limits.ts'
import type { UpdateCommand } from '../../shared/commands.ts'
import { Rcode, rcodeToText } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { signMessage, type TsigKey } from '../../shared/dns/tsig.ts'
import { silentLogger } from '../../shared/log.ts'
import { parseRule } from '../../shared/rules/parse-rule.ts'
import { addA, update } from '../support/dns-client.ts'

const ZONE = nameOf('example.com.')
const key: TsigKey = { name: nameOf('laptop.'), algorithm: 'hmac-sha256', secret: Buffer.alloc(32, 1) }

/** What becomes of a command: as the writer says, not accepted, or never known. */
type Fate = 'applied' | 'breaker-open' | 'unknown'

/** One edge, but for its sockets and for NATS, whose part the test plays. */
class Edge {
  fate: Fate = 'applied'
  now = Date.now()
  readonly commands: UpdateCommand[] = []
  private rules = [this.rule('grant laptop zonesub ANY')]
  private readonly context: MessageContext

  constructor() {
    const zone = () => ({ id: 1, name: ZONE, rules: this.rules })
    const catalog = {
      zoneNamed: (name: string) => (name === ZONE ? zone() : undefined),
      zones: () => [zone()],
      keysFor: (name: string) => (name === key.name ? [key] : []),
      keyNames: () => [key.name],
    }
    this.context = {
      keyUsage: { add: () => {} },
      edgeId: 'e',
      commandTtlMs: 1_000,
      catalog: catalog as unknown as MessageContext['catalog'],
      resends: new Resends(() => this.now),
      limits: new UpdateLimits(100),
      turnedAway: new Resends(() => this.now),
      refusedSignatures: new RefusedSignatures(() => this.now),
      transfers: { answer: async () => undefined },
      sig0Checks: new BoundedWork(1, 1),
      refusals: new RefusalLog({
        edgeId: 'e',
        now: Date.now,
        send: async () => {},
        onRefusal: () => {},
      }),
      metrics: new EdgeMetrics(),
      log: silentLogger(),
      now: () => this.now,
      submit: async (command) => {
        this.commands.push(command)
        return this.outcome(command)
      },
      onResend: () => {},
      responder: {
        respond: () => undefined,
        optionsFor: () => [],
        limit: () => 'pass',
        udpSize: 1_232,
        hasMalformedCookie: () => false,
      },
    }
  }

  admit(text: string): void {
    this.rules = [this.rule(text)]
  }

  /** The rcode, or silence. */
  async send(bytes: Uint8Array, address = '192.0.2.1'): Promise<string> {
    const from = { address, port: 5_300, transport: 'udp' as const }
    const answer = await handleMessage(bytes, from, this.context)
    return answer === undefined ? 'silence' : rcodeToText((answer as Uint8Array)[3]! & 0xf)
  }

  private rule(text: string) {
    const rule = parseRule(text, ZONE)
    assert.ok(rule.ok)
    return rule.value
  }

  private outcome({ id, zoneId }: UpdateCommand): Awaited<ReturnType<MessageContext['submit']>> {
    if (this.fate === 'unknown') return undefined
    if (this.fate === 'breaker-open') return { notAccepted: 'breaker-open', detail: 'open' }
    const state = { zoneId, seq: 7, eventSeq: 7 }
    return { commandId: id, ...state, rcode: Rcode.NOERROR, reason: 'applied', detail: '' }
  }
}

function plain(): Uint8Array {
  return update({ zone: ZONE, updates: [addA('host.example.com.', '192.0.2.9')] })
}

function signed(now: number, unsigned = plain()): Uint8Array {
  return signMessage(unsigned, key, now / 1_000).bytes
}

/** The same octets under another message id, which a signature does not cover (RFC 8945 §5.3: the original ID is in the TSIG). */
function withOtherId(bytes: Uint8Array): Uint8Array {
  const other = Buffer.from(bytes)
  other.writeUInt16BE(other.readUInt16BE(0) ^ 0x5555, 0)
  return other
}

const HOUR = 3_600_000

describe('P3 after an unknown outcome', () => {
  it('a re-send gets no error of the edge, since the update may have been applied', async () => {
    const edge = new Edge()
    const message = signed(edge.now)
    edge.fate = 'unknown'
    assert.equal(await edge.send(message), 'silence')
    edge.fate = 'breaker-open'
    assert.equal(await edge.send(message), 'silence')
    assert.equal(await edge.send(message), 'silence')
    edge.admit('deny * zonesub ANY')
    assert.equal(await edge.send(message), 'silence')
  })
  it('it gets what the writer says, as soon as one says it', async () => {
    const edge = new Edge()
    const message = signed(edge.now)
    edge.fate = 'unknown'
    await edge.send(message)
    edge.fate = 'applied'
    assert.equal(await edge.send(message), 'NOERROR')
    assert.equal(await edge.send(message), 'NOERROR')
    assert.equal(edge.commands.length, 2)
  })
  it('other updates are refused as they are', async () => {
    const edge = new Edge()
    edge.fate = 'breaker-open'
    assert.equal(await edge.send(signed(edge.now)), 'SERVFAIL')
  })
})

describe('P3 a signed update that the edge refused is never accepted, as long as its signature is valid', () => {
  it('although a rule admits its sender by now', async () => {
    const edge = new Edge()
    edge.admit('grant other zonesub ANY')
    const message = signed(edge.now)
    assert.equal(await edge.send(message), 'REFUSED')
    edge.admit('grant laptop zonesub ANY')
    edge.now += 60_000
    for (const copy of [message, withOtherId(message)])
      assert.equal(await edge.send(copy, '192.0.2.66'), 'REFUSED')
    assert.equal(edge.commands.length, 0)
    assert.equal(await edge.send(signed(edge.now)), 'NOERROR', 'what its sender sends now is another matter')
  })
  it('although updates are accepted again', async () => {
    const edge = new Edge()
    edge.fate = 'breaker-open'
    const message = signed(edge.now)
    assert.equal(await edge.send(message), 'SERVFAIL')
    edge.fate = 'applied'
    edge.now += 60_000
    assert.equal(await edge.send(message), 'SERVFAIL')
  })
  it('although our clock has come to where the clock of its sender was', async () => {
    const edge = new Edge()
    const message = signed(edge.now + 400_000)
    assert.equal(await edge.send(message), 'NOTAUTH')
    edge.now += 200_000
    assert.equal(await edge.send(message), 'NOTAUTH')
    assert.equal(edge.commands.length, 0)
  })
  it('and when nobody would accept the signature any more, it is forgotten', () => {
    let now = HOUR
    const refused = new RefusedSignatures(() => now)
    const mark = { digest: Buffer.alloc(16, 1), expiresAt: HOUR + 300_000 }
    refused.add(mark, { rcode: Rcode.REFUSED, reason: 'not-admitted', detail: '', reference: '' })
    assert.ok(refused.find(mark))
    now += 300_000
    assert.equal(refused.find(mark), undefined)
  })
})

describe('P2 a replay', () => {
  it('is known by its signature: another address or message id makes no new command', async () => {
    const edge = new Edge()
    const message = signed(edge.now)
    assert.equal(await edge.send(message), 'NOERROR')
    for (const copy of [message, withOtherId(message)])
      assert.equal(await edge.send(copy, '192.0.2.66'), 'NOERROR')
    assert.equal(edge.commands.length, 1)
  })
  it('an update that was signed again goes to the writer, which has to learn its signature', async () => {
    const edge = new Edge()
    const unsigned = plain()
    assert.equal(await edge.send(signed(edge.now, unsigned)), 'NOERROR')
    assert.equal(await edge.send(signed(edge.now + 2_000, unsigned)), 'NOERROR')
    assert.equal(edge.commands.length, 2)
  })
})
