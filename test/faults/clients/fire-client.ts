import { createSocket, type Socket } from 'node:dgram'
import { connect } from 'node:net'
import { Class, Opcode, Type, typeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage } from '../../../shared/dns/message.ts'
import { nameOf } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import type { TsigKey } from '../../../shared/dns/tsig.ts'
import { signed, update } from '../../support/dns-client.ts'
import type { Random } from '../random.ts'
import { deleteRRset, txt } from './records.ts'
import type { Chronicle, CommandStory, Habit, ReadStory } from './stories.ts'

/** Where an edge is reached: over UDP mostly through a proxy. */
export interface EdgeAddress {
  readonly udpPort: number
  readonly tcpPort: number
}

export interface FireClientOptions {
  readonly name: string
  readonly edges: readonly EdgeAddress[]
  readonly zones: readonly string[]
  readonly key: TsigKey
  readonly random: Random
  readonly chronicle: Chronicle
}

/** What an update asks, without what makes it known. */
export interface Wish {
  readonly zone: string
  readonly prerequisites?: readonly ResourceRecord[]
  readonly updates: readonly ResourceRecord[]
}

/** One update on its way: the same message for every copy. */
export interface Request {
  readonly story: CommandStory
  readonly unsigned: Uint8Array
  readonly id: number
}

/** One sender of updates with a socket of its own. Writes down all that it sends and hears. */
export class FireClient {
  readonly name: string
  readonly random: Random
  readonly edges: readonly EdgeAddress[]
  readonly zones: readonly string[]
  readonly key: TsigKey
  readonly chronicle: Chronicle
  private readonly socket: Socket
  private readonly known = new Map<number, CommandStory>()
  private readonly waiting = new Map<number, (answer: { edge: number; octets: Buffer } | undefined) => void>()
  private commands = 0
  private lastId: number

  private constructor(options: FireClientOptions, socket: Socket) {
    this.name = options.name
    this.random = options.random
    this.edges = options.edges
    this.zones = options.zones
    this.key = options.key
    this.chronicle = options.chronicle
    this.lastId = options.random.below(0x10000)
    this.socket = socket
    socket.on('message', (octets, { port }) => this.hear(octets, port))
    socket.on('error', () => {})
  }

  static async open(options: FireClientOptions): Promise<FireClient> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    return new FireClient(options, socket)
  }

  close(): void {
    this.socket.close()
  }

  /** Makes a message that is like no other: it replaces the one TXT record of a name that only this client has. */
  request(habit: Habit, { zone, prerequisites = [], updates }: Wish): Request {
    this.commands += 1
    const text = `${this.name}-${this.commands}`
    const name = this.markName(zone)
    const id = this.newId()
    const marked = [...updates, deleteRRset(name, Type.TXT), txt(name, text)]
    const unsigned = update({ id, zone, prerequisites, updates: marked })
    const story = this.chronicle.command(text, zone, habit)
    this.known.set(id, story)
    return { story, unsigned, id }
  }

  /** The name in a zone that only this client has. */
  markName(zone: string): string {
    return `${this.name}.${zone}`
  }

  signed(octets: Uint8Array): Uint8Array {
    return signed(octets, this.key)
  }

  /** Sends a copy over UDP and waits for an answer to any copy: its rcode, or undefined. */
  async overUdp(
    { story, id }: Request,
    octets: Uint8Array,
    edge: number,
    waitMs: number,
  ): Promise<{ edge: number; rcode: number } | undefined> {
    const heard = story.answers[0]
    if (heard !== undefined) return heard
    story.sends.push({ at: this.chronicle.now(), edge })
    const answer = await this.exchange(id, octets, this.edges[edge]!.udpPort, waitMs)
    return answer && { edge: answer.edge, rcode: answer.octets[3]! & 0xf }
  }

  async overTcp(
    { story }: Request,
    octets: Uint8Array,
    edge: number,
    waitMs: number,
  ): Promise<{ edge: number; rcode: number } | undefined> {
    story.sends.push({ at: this.chronicle.now(), edge })
    const answer = await tcpExchange(this.edges[edge]!.tcpPort, octets, waitMs)
    if (answer === undefined) return undefined
    const rcode = answer[3]! & 0xf
    story.answers.push({ at: this.chronicle.now(), edge, rcode })
    return { edge, rcode }
  }

  /** Asks the edge that has just said NOERROR for what the command made of a name. */
  async readBack(story: CommandStory, edge: number, name: string, type: number): Promise<void> {
    const id = this.newId()
    this.known.delete(id)
    const question = { name: nameOf(name), type, class: Class.IN }
    const octets = encodeMessage({ id, opcode: Opcode.QUERY, questions: [question] })
    const askedAt = this.chronicle.now()
    const answer = await this.exchange(id, octets, this.edges[edge]!.udpPort, 1_000)
    if (answer === undefined || answer.edge !== edge) return
    const message = decodeMessage(answer.octets)
    if (!message.ok)
      throw new Error(`an answer to ${name} ${typeToText(type)} cannot be read: ${message.reason}`)
    const { header, answers } = message.value
    const read: ReadStory = {
      zone: story.zone,
      name,
      type,
      after: story.id,
      edge,
      askedAt,
      answeredAt: this.chronicle.now(),
      rcode: header.rcode,
      values: answers.map(({ rdata }) => Buffer.from(rdata).toString('hex')).sort(),
    }
    this.chronicle.reads.push(read)
  }

  private async exchange(id: number, octets: Uint8Array, port: number, waitMs: number) {
    const { promise, resolve } = Promise.withResolvers<{ edge: number; octets: Buffer } | undefined>()
    this.waiting.set(id, resolve)
    const timer = setTimeout(resolve, waitMs, undefined)
    this.socket.send(octets, port, '127.0.0.1')
    const answer = await promise
    clearTimeout(timer)
    if (this.waiting.get(id) === resolve) this.waiting.delete(id)
    return answer
  }

  private hear(octets: Buffer, port: number): void {
    const edge = this.edges.findIndex(({ udpPort }) => udpPort === port)
    if (octets.length < 12 || edge < 0) return
    const id = octets.readUInt16BE(0)
    this.known.get(id)?.answers.push({ at: this.chronicle.now(), edge, rcode: octets[3]! & 0xf })
    this.waiting.get(id)?.({ edge, octets })
  }

  private newId(): number {
    this.lastId = (this.lastId + 1) & 0xffff
    return this.lastId
  }
}

function tcpExchange(port: number, octets: Uint8Array, waitMs: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const done = (answer: Buffer | undefined) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(done, waitMs, undefined)
    socket.on('error', () => done(undefined))
    socket.on('close', () => done(undefined))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const all = Buffer.concat(chunks)
      if (all.length >= 2 && all.length >= 2 + all.readUInt16BE(0))
        done(all.subarray(2, 2 + all.readUInt16BE(0)))
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(octets.length)
    socket.write(Buffer.concat([length, octets]))
  })
}
