import type { Socket } from 'node:net'
import { FrameReader, frame } from '../../../shared/dns/frame-reader.ts'
import type { Logger } from '../../../shared/log.ts'
import { plainAddress } from '../../../shared/plain-address.ts'
import { Backlog, type BacklogLimits, mostOctetsFor, type SharedBacklog } from './backlog.ts'
import type { Answer, AnswerStream, ListenerCounters, MessageHandler, Requester } from './listener.ts'

export interface ConnectionLimits extends BacklogLimits {
  /** A connection without a message for this long is closed (RFC 7766 §6.2.3), in ms. */
  readonly idleMs: number
  /** A message must be complete, and an answer be taken by the client, within this time, in ms. */
  readonly stallMs: number
  /** The same for the client of an answer of many messages: a secondary may have to store what it has taken, in ms. */
  readonly streamStallMs: number
  /** Such an answer takes no longer than this in all, in ms. */
  readonly streamMs: number
  /** Messages of one connection being answered at once; the rest wait in the client's socket. */
  readonly outstanding: number
}

/** One client: messages are answered as they finish, in any order (RFC 7766 §6.2.1.1). */
export class TcpConnection {
  readonly from: Requester
  readonly inFlight = new Set<Promise<void>>()
  private readonly socket: Socket
  private readonly reader = new FrameReader()
  private readonly backlog: Backlog
  private readonly handle: MessageHandler
  private readonly limits: ConnectionLimits
  private readonly counters: ListenerCounters
  private readonly log: Logger
  private lastActive = Date.now()
  private hasAsked = false
  /** When the message that is still incomplete began; undefined between messages. */
  private insideSince: number | undefined
  /** When the client stopped taking our answers; undefined while it takes them. */
  private blockedSince: number | undefined
  /** Messages may wait in the socket since we had no room for their answers. */
  private isHeldUp = false
  /** Answers of many messages that are being sent. */
  private streams = 0
  /** The client sends nothing more. What it has sent is still answered. */
  private clientDone = false
  /** We take nothing more. */
  private closing = false

  constructor(
    socket: Socket,
    handle: MessageHandler,
    limits: ConnectionLimits,
    counters: ListenerCounters,
    log: Logger,
    shared: SharedBacklog,
  ) {
    this.backlog = new Backlog(limits, shared)
    this.socket = socket
    this.handle = handle
    this.limits = limits
    this.counters = counters
    this.log = log
    this.from = {
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      transport: 'tcp',
      isGone: () => socket.destroyed,
    }
    socket.on('error', (error) => {
      counters.socketErrors++
      log.debug({ error, from: this.from }, 'TCP connection broke')
    })
    socket.on('data', (chunk: Uint8Array) => {
      this.reader.push(chunk)
      this.pump()
    })
    socket.once('close', () => this.backlog.close())
    socket.on('drain', () => {
      this.blockedSince = undefined
      this.pump()
    })
    socket.on('end', () => {
      this.clientDone = true
      this.pump()
    })
  }

  /**
   * When we last had something to do for the client, in ms since the epoch; infinite while we have. One that never asked anything counts
   * as idle for longer than any that has.
   */
  get idleSince(): number {
    if (this.inFlight.size > 0 || this.blockedSince !== undefined) return Number.POSITIVE_INFINITY
    return this.hasAsked ? this.lastActive : this.lastActive - this.limits.idleMs
  }

  /** Closes what has been idle or stuck for too long. */
  check(now: number): void {
    const { stallMs, streamStallMs } = this.limits
    const isInsideTooLong = now - (this.insideSince ?? now) >= stallMs
    const isBlockedTooLong = now - (this.blockedSince ?? now) >= (this.streams > 0 ? streamStallMs : stallMs)
    if (isInsideTooLong || isBlockedTooLong) this.socket.destroy()
    else if (this.idle && now - this.lastActive >= this.limits.idleMs) this.socket.destroy()
  }

  /** Reads no further message; the connection is closed when the answers in flight have been sent. */
  end(): void {
    this.closing = true
    this.pump()
  }

  destroy(): void {
    this.socket.destroy()
  }

  private get idle(): boolean {
    return this.inFlight.size === 0 && !this.reader.inside
  }

  private get full(): boolean {
    const isBusy = this.inFlight.size >= this.limits.outstanding || this.blockedSince !== undefined
    return isBusy || !this.backlog.hasRoom
  }

  private pump(): void {
    this.isHeldUp = false
    while (!this.full && !this.closing) {
      const message = this.reader.next()
      if (message === undefined) {
        this.waitForMore()
        return
      }
      this.insideSince = undefined
      this.start(message)
    }
    // whoever sends faster than we answer is slowed down by TCP itself; that is no stall of the client's
    this.insideSince = undefined
    this.isHeldUp = true
    if (!this.backlog.hasRoom && this.socket.writableNeedDrain) this.blockedSince ??= Date.now()
    this.socket.pause()
    if (this.closing && this.inFlight.size === 0) this.socket.end()
  }

  private waitForMore(): void {
    if (!this.reader.inside) this.insideSince = undefined
    else this.insideSince ??= Date.now()
    if (!this.clientDone) this.socket.resume()
    else if (this.inFlight.size === 0) this.socket.end()
  }

  private start(message: Uint8Array): void {
    this.counters.messages++
    this.hasAsked = true
    this.lastActive = Date.now()
    const answer = this.ask(message)
    // at once, so that what it takes is known before the next message is read
    if (answer === undefined || answer instanceof Uint8Array) this.send(answer)
    else this.startLater(answer, mostOctetsFor(message))
  }

  /** What is being made may become as long as `reserved`. */
  private startLater(answer: AnswerStream | Promise<Answer>, reserved: number): void {
    this.backlog.add(reserved)
    const answered = this.sendLater(answer)
    this.inFlight.add(answered)
    void answered.then(() => {
      this.backlog.remove(reserved)
      this.inFlight.delete(answered)
      this.lastActive = Date.now()
      this.pump()
    })
  }

  private ask(message: Uint8Array): Answer | Promise<Answer> {
    try {
      return this.handle(message, this.from)
    } catch (error) {
      this.fault(error)
      return undefined
    }
  }

  private async sendLater(answer: AnswerStream | Promise<Answer>): Promise<void> {
    try {
      const response = await answer
      if (response === undefined || response instanceof Uint8Array) this.send(response)
      else await this.sendAll(response)
    } catch (error) {
      this.fault(error)
    }
  }

  private fault(error: unknown): void {
    this.counters.faults++
    this.log.error({ error, from: this.from }, 'a message could not be handled')
  }

  private send(response: Uint8Array | undefined): void {
    if (response !== undefined && this.socket.writable) this.write(response)
  }

  /** False when the client should take something before it gets more. */
  private write(response: Uint8Array): boolean {
    this.counters.answers++
    const framed = frame(response)
    this.backlog.add(framed.length)
    return this.socket.write(framed, () => {
      this.backlog.remove(framed.length)
      if (this.isHeldUp) this.pump()
    })
  }

  /** Each message is made only when the client has taken those before it, so that a slow one costs no memory. */
  private async sendAll(responses: AnswerStream): Promise<void> {
    this.streams++
    const limit = setTimeout(() => this.socket.destroy(), this.limits.streamMs)
    try {
      for await (const response of responses) {
        // ends the stream, which lets go of what it holds
        if (!this.socket.writable) break
        if (!this.write(response)) await this.drained()
        // a fast client must not keep the others waiting
        await new Promise(setImmediate)
      }
    } catch (error) {
      // what is missing cannot be told in the middle of an answer: only a cut connection is no end
      this.socket.destroy()
      throw error
    } finally {
      clearTimeout(limit)
      this.streams--
    }
  }

  /** Until the client has taken everything, or is gone. */
  private async drained(): Promise<void> {
    if (this.socket.destroyed) return
    this.blockedSince ??= Date.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.socket.once('drain', resolve).once('close', resolve)
    await promise
    this.socket.off('drain', resolve).off('close', resolve)
  }
}
