import { createSocket, type Socket } from 'node:dgram'
import { connect } from 'node:net'
import { Class, Opcode, rcodeToText, Type, typeFromText } from '../../shared/dns/codes.ts'
import { encodeMessage, type Message } from '../../shared/dns/message.ts'
import { nameOf } from '../../shared/dns/name.ts'
import { rdataToText } from '../../shared/dns/rdata.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { signMessage, type TsigAlgorithm, type TsigKey } from '../../shared/dns/tsig.ts'
import { decoded } from './spec.ts'

/** A client whose every octet the test decides; real clients stand in test/clients. */
export class DnsClient {
  private readonly socket: Socket
  private readonly port: number
  private readonly waiting = new Set<{ id: number; take: (answer: Buffer) => void }>()

  private constructor(socket: Socket, port: number) {
    this.socket = socket
    this.port = port
    socket.on('message', (answer) => {
      const [oldest] = [...this.waiting].filter(({ id }) => id === answer.readUInt16BE(0))
      oldest?.take(answer)
    })
  }

  /** `from` is an address of this machine. */
  static async to(port: number, from = '127.0.0.1'): Promise<DnsClient> {
    // a test that failed before it closed its client must still end
    const socket = createSocket('udp4').unref()
    await new Promise<void>((resolve) => socket.bind(0, from, resolve))
    return new DnsClient(socket, port)
  }

  /** The answer with the message's id, or undefined after the limit. */
  async send(message: Uint8Array, limitMs = 8_000): Promise<Message | undefined> {
    const { promise, resolve } = Promise.withResolvers<Buffer | undefined>()
    const request = { id: Buffer.from(message).readUInt16BE(0), take: resolve }
    this.waiting.add(request)
    const timer = setTimeout(resolve, limitMs, undefined)
    this.socket.send(message, this.port, '127.0.0.1')
    const bytes = await promise
    clearTimeout(timer)
    this.waiting.delete(request)
    return bytes && decoded(bytes)
  }

  /** Sends without listening for the answer. */
  throwIn(message: Uint8Array): void {
    this.socket.send(message, this.port, '127.0.0.1')
  }

  async rcode(message: Uint8Array, limitMs?: number): Promise<string> {
    const answer = await this.send(message, limitMs)
    return answer === undefined ? 'silence' : rcodeToText(answer.header.rcode)
  }

  /** RDATA texts of the answer section, sorted. */
  async query(name: string, type: string): Promise<string[]> {
    const answer = await this.send(query(name, type))
    return (answer?.answers ?? []).map((record) => rdataToText(record.type, record.rdata)).sort()
  }

  close(): void {
    this.socket.close()
  }
}

let nextId = Math.floor(Math.random() * 0xffff)

export function newId(): number {
  nextId = (nextId + 1) & 0xffff
  return nextId
}

export function query(name: string, type: string, id: number = newId()): Uint8Array {
  return encodeMessage({
    id,
    opcode: Opcode.QUERY,
    questions: [{ name: nameOf(name), type: typeFromText(type)!, class: Class.IN }],
  })
}

export interface UpdateParts {
  readonly id?: number
  readonly zone?: string
  readonly prerequisites?: readonly ResourceRecord[]
  readonly updates?: readonly ResourceRecord[]
}

export function update({
  id = newId(),
  zone = 'example.com.',
  prerequisites = [],
  updates = [],
}: UpdateParts): Uint8Array {
  return encodeMessage({
    id,
    opcode: Opcode.UPDATE,
    questions: [{ name: nameOf(zone), type: Type.SOA, class: Class.IN }],
    answers: prerequisites,
    authorities: updates,
  })
}

/** `A` record to add. */
export function addA(name: string, address: string, ttl = 60): ResourceRecord {
  return {
    name: nameOf(name),
    type: Type.A,
    class: Class.IN,
    ttl,
    rdata: Uint8Array.from(address.split('.').map(Number)),
  }
}

/** The prerequisite that a name is not in use. */
export function noName(name: string): ResourceRecord {
  return { name: nameOf(name), type: Type.ANY, class: Class.NONE, ttl: 0, rdata: new Uint8Array() }
}

export function keyOf({
  name,
  algorithm,
  secret,
}: {
  name: string
  algorithm: string
  secret: string
}): TsigKey {
  return { name: nameOf(name), algorithm: algorithm as TsigAlgorithm, secret: Buffer.from(secret, 'base64') }
}

export function signed(message: Uint8Array, key: TsigKey, now = Date.now() / 1_000): Uint8Array {
  return signMessage(message, key, now).bytes
}

/** One message over TCP (RFC 7766). */
export async function sendTcp(port: number, message: Uint8Array): Promise<Message> {
  const socket = connect(port, '127.0.0.1')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(message.length)
  socket.write(Buffer.concat([length, message]))
  const chunks: Buffer[] = []
  for await (const chunk of socket) {
    chunks.push(chunk as Buffer)
    const all = Buffer.concat(chunks)
    if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0)) {
      socket.destroy()
      return decoded(all.subarray(2, 2 + all.readUInt16BE(0)))
    }
  }
  throw new Error('the connection ended before an answer')
}
