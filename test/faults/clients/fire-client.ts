import { createSocket, type Socket } from 'node:dgram'
import { connect } from 'node:net'
import { Class, Opcode, Rcode, Type, typeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage, encodeMessage } from '../../../shared/dns/message.ts'
import { nameOf } from '../../../shared/dns/name.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { signMessage, type TsigKey } from '../../../shared/dns/tsig.ts'
import { update } from '../../support/dns-client.ts'
import type { Random } from '../random.ts'
import { answerFault, type Signature } from './answer-fault.ts'
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

/** An update as it is sent, once or again. */
export interface Copy {
  readonly octets: Uint8Array
  /** Undefined where it is not signed. */
  readonly signature?: Signature
}

/** One update on its way: the same message in every copy, though signed anew by some. */
export interface Request {
  readonly story: CommandStory
  readonly unsigned: Copy
  readonly id: number
  readonly sent: { readonly edge: number; readonly copy: Copy }[]
}

/** An answer later than that is no part of the story, in ms: no command is decided so late. */
const LATEST_ANSWER_MS = 120_000

/** One sender of updates with a socket of its own. Writes down all that it sends and hears. */
export class FireClient {
  readonly name: string
  readonly random: Random
  readonly edges: readonly EdgeAddress[]
  readonly zones: readonly string[]
  readonly key: TsigKey
  readonly chronicle: Chronicle
  private readonly socket: Socket
  /** By message id, oldest first. */
  private readonly asked = new Map<number, Request & { readonly at: number }>()
  private readonly waiting = new Map<number, (answer: { edge: number; octets: Buffer } | undefined) => void>()
  private commands = 0
  private lastId: number
  private readonly firstId: number
  private idsUsed = 0

  private constructor(options: FireClientOptions, socket: Socket) {
    this.name = options.name
    this.random = options.random
    this.edges = options.edges
    this.zones = options.zones
    this.key = options.key
    this.chronicle = options.chronicle
    this.lastId = options.random.below(0x10000)
    this.firstId = (this.lastId + 1) & 0xffff
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
    const request = { story, unsigned: { octets: unsigned }, id, sent: [], at: this.chronicle.now() }
    this.forget(request.at - LATEST_ANSWER_MS)
    this.asked.set(id, request)
    return request
  }

  /** The name in a zone that only this client has. */
  markName(zone: string): string {
    return `${this.name}.${zone}`
  }

  /** A copy that is signed now. */
  signed({ unsigned }: Request): Copy {
    const timeSigned = Math.floor(Date.now() / 1_000)
    const { bytes, mac } = signMessage(unsigned.octets, this.key, timeSigned)
    return { octets: bytes, signature: { mac, timeSigned } }
  }

  /** Sends a copy over UDP and waits for an answer to any copy: its rcode, or undefined. What was heard before is the answer, but SERVFAIL. */
  async overUdp(
    { story, id, sent }: Request,
    copy: Copy,
    edge: number,
    waitMs: number,
  ): Promise<{ edge: number; rcode: number } | undefined> {
    const heard = story.answers.find(({ rcode }) => rcode !== Rcode.SERVFAIL)
    if (heard !== undefined) return heard
    story.sends.push({ at: this.chronicle.now(), edge })
    sent.push({ edge, copy })
    const answer = await this.exchange(id, copy.octets, this.edges[edge]!.udpPort, waitMs)
    return answer && { edge: answer.edge, rcode: answer.octets[3]! & 0xf }
  }

  async overTcp(
    request: Request,
    copy: Copy,
    edge: number,
    waitMs: number,
  ): Promise<{ edge: number; rcode: number } | undefined> {
    const { story, sent } = request
    story.sends.push({ at: this.chronicle.now(), edge })
    sent.push({ edge, copy })
    const answer = await tcpExchange(this.edges[edge]!.tcpPort, copy.octets, waitMs)
    return answer && this.take(request, edge, answer) ? story.answers.at(-1) : undefined
  }

  /** Asks the edge that has just said NOERROR for what the command made of a name. */
  async readBack(story: CommandStory, edge: number, name: string, type: number): Promise<void> {
    const id = this.newId()
    this.asked.delete(id)
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
    const isToUpdate = ((octets[2]! >> 3) & 0xf) === Opcode.UPDATE
    if (!isToUpdate || this.isAnswer(octets, edge, id)) this.waiting.get(id)?.({ edge, octets })
  }

  private isAnswer(octets: Buffer, edge: number, id: number): boolean {
    const request = this.asked.get(id)
    if (request !== undefined) return this.take(request, edge, octets)
    const rcode = octets[3]! & 0xf
    const at = this.chronicle.now()
    if (!this.hasUsed(id))
      this.chronicle.unverified.push({
        at,
        edge,
        rcode,
        command: '',
        zone: '',
        fault: `nobody has used id ${id}`,
      })
    return false
  }

  /** Writes down what an edge has answered. Whether its sender may take it: else it goes on waiting, as all clients do. */
  private take({ story, id, sent }: Request, edge: number, octets: Buffer): boolean {
    const copies = sent.filter((one) => one.edge === edge)
    const signatures = copies.flatMap(({ copy }) => copy.signature ?? [])
    const fault = answerFault(octets, { id, zone: story.zone, signatures }, this.key)
    const answer = { at: this.chronicle.now(), edge, rcode: octets[3]! & 0xf }
    if (fault === undefined) story.answers.push(answer)
    else this.chronicle.unverified.push({ ...answer, command: story.id, zone: story.zone, fault })
    return fault === undefined
  }

  private forget(before: number): void {
    for (const [id, { at }] of this.asked) {
      if (at >= before) return
      this.asked.delete(id)
    }
  }

  /** Ids are used one after another. */
  private hasUsed(id: number): boolean {
    return ((id - this.firstId) & 0xffff) < this.idsUsed
  }

  private newId(): number {
    this.lastId = (this.lastId + 1) & 0xffff
    this.idsUsed += 1
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
