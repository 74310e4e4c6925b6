import { randomInt } from 'node:crypto'
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { Opcode, Rcode, rcodeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage, readHeader } from '../../../shared/dns/message.ts'
import { signMessage, type TsigKey } from '../../../shared/dns/tsig.ts'
import { faultOfAnswer } from '../../../shared/dns/tsig-answer.ts'
import { plainAddress } from '../../../shared/plain-address.ts'

export interface Destination {
  readonly address: string
  readonly port: number
  /** What the message is signed with. */
  readonly key: TsigKey | undefined
}

/** How an exchange ended: acknowledged, or why not. */
export type ExchangeResult =
  | 'acknowledged'
  | {
      readonly failure: string
      /** The server is there, and said no. */
      readonly answered?: true
    }

interface Pending {
  readonly to: Destination
  readonly take: (bytes: Uint8Array) => void
}

/** Of the 65,536 ids that messages can have; with half of them free, one is found at once. */
const MOST_PENDING = 0x8000

/** Sends NOTIFY messages over UDP and waits for their answers (RFC 1996 §3). */
export class NotifyExchange {
  private readonly sources: readonly string[]
  private readonly sockets = new Map<4 | 6, Socket>()
  private readonly pending = new Map<number, Pending>()
  private closed = false

  /** Messages leave from these addresses, where one is of the family: secondaries know their primary by its address. */
  constructor(sources: readonly string[]) {
    this.sources = sources
  }

  /** `messageFor` makes the unsigned message with the given id. Never rejects. */
  async send(
    to: Destination,
    messageFor: (id: number) => Uint8Array,
    timeoutMs: number,
  ): Promise<ExchangeResult> {
    if (this.closed) return { failure: 'closing' }
    if (this.pending.size >= MOST_PENDING) return { failure: 'too many are under way' }
    const id = this.freeId()
    const unsigned = messageFor(id)
    const signed = to.key && signMessage(unsigned, to.key, Date.now() / 1_000)
    const { promise, resolve } = Promise.withResolvers<ExchangeResult>()
    const timer = setTimeout(resolve, timeoutMs, { failure: 'no answer' })
    this.pending.set(id, { to, take: (bytes) => settle(bytes, to.key, signed?.mac, resolve) })
    this.socketFor(to.address).send(signed?.bytes ?? unsigned, to.port, to.address, (error) => {
      if (error !== null) resolve({ failure: (error as NodeJS.ErrnoException).code ?? error.message })
    })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.pending.delete(id)
    }
  }

  close(): void {
    this.closed = true
    for (const socket of this.sockets.values()) socket.close()
    this.sockets.clear()
  }

  private freeId(): number {
    for (;;) {
      const id = randomInt(0x1_0000)
      if (!this.pending.has(id)) return id
    }
  }

  private socketFor(address: string): Socket {
    const family = isIPv6(address) ? 6 : 4
    const known = this.sockets.get(family)
    if (known !== undefined) return known
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // addresses only: there is nothing to look up
      lookup: (host, _options, done) => done(null, host, family),
    })
    socket.unref()
    socket.on('message', (bytes, from) => this.receive(bytes, from))
    // what could not be sent is told to the one who sent it
    socket.on('error', () => {})
    const source = this.sources.find((one) => isIPv6(one) === (family === 6))
    if (source !== undefined) socket.bind({ address: source, port: 0 })
    this.sockets.set(family, socket)
    return socket
  }

  private receive(bytes: Uint8Array, from: RemoteInfo): void {
    const header = readHeader(bytes)
    if (header === undefined || !header.qr || header.opcode !== Opcode.NOTIFY) return
    const pending = this.pending.get(header.id)
    if (pending === undefined) return
    const { address, port } = pending.to
    if (from.port === port && plainAddress(from.address) === address) pending.take(bytes)
  }
}

function settle(
  bytes: Uint8Array,
  key: TsigKey | undefined,
  requestMac: Uint8Array | undefined,
  resolve: (result: ExchangeResult) => void,
): void {
  const message = decodeMessage(bytes)
  if (!message.ok) return
  const { rcode } = message.value.header
  if (rcode !== Rcode.NOERROR) {
    resolve({ failure: rcodeToText(rcode), answered: true })
    return
  }
  // RFC 8945 §5.4: an answer whose signature is wrong is none; the true one may still come
  const fault = key && requestMac && faultOfAnswer(bytes, message.value, key, requestMac, Date.now() / 1_000)
  if (fault === undefined) resolve('acknowledged')
}
