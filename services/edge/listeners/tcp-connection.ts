import type { Socket } from 'node:net'
import type { Logger } from '../../../shared/log.ts'
import { FrameReader, frame } from './frame-reader.ts'
import {
  type AnswerStream,
  type ListenerCounters,
  type MessageHandler,
  plainAddress,
  type Requester,
} from './listener.ts'

/** Answers that a client may leave unread before we stop reading its messages, in octets. */
const MAX_UNSENT = 256 * 1024

export interface ConnectionLimits {
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
  private readonly handle: MessageHandler
  private readonly limits: ConnectionLimits
  private readonly counters: ListenerCounters
  private readonly log: Logger
  private lastActive = Date.now()
  /** When the message that is still incomplete began; undefined between messages. */
  private insideSince: number | undefined
  /** When the client stopped taking our answers; undefined while it takes them. */
  private blockedSince: number | undefined
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
  ) {
    this.socket = socket
    this.handle = handle
    this.limits = limits
    this.counters = counters
    this.log = log
    this.from = {
      address: plainAddress(socket.remoteAddress ?? ''),
      port: socket.remotePort ?? 0,
      transport: 'tcp',
    }
    socket.on('error', (error) => {
      counters.socketErrors++
      log.debug({ error, from: this.from }, 'TCP connection broke')
    })
    socket.on('data', (chunk: Uint8Array) => {
      this.reader.push(chunk)
      this.pump()
    })
    socket.on('drain', () => {
      this.blockedSince = undefined
      this.pump()
    })
    socket.on('end', () => {
      this.clientDone = true
      this.pump()
    })
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
    return this.inFlight.size >= this.limits.outstanding || this.blockedSince !== undefined
  }

  private pump(): void {
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
    this.lastActive = Date.now()
    const answered = this.answer(message)
    this.inFlight.add(answered)
    void answered.then(() => {
      this.inFlight.delete(answered)
      this.lastActive = Date.now()
      this.pump()
    })
  }

  private send(response: Uint8Array): void {
    if (!this.socket.writable) return
    this.counters.answers++
    this.socket.write(frame(response))
    if (this.socket.writableLength > MAX_UNSENT) this.blockedSince ??= Date.now()
  }

  /** Each message is made only when the client has taken those before it, so that a slow one costs no memory. */
  private async sendAll(responses: AnswerStream): Promise<void> {
    this.streams++
    const limit = setTimeout(() => this.socket.destroy(), this.limits.streamMs)
    try {
      for await (const response of responses) {
        // ends the stream, which lets go of what it holds
        if (!this.socket.writable) break
        this.counters.answers++
        if (!this.socket.write(frame(response))) await this.drained()
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

  private async answer(message: Uint8Array): Promise<void> {
    try {
      const response = await this.handle(message, this.from)
      if (response === undefined) return
      if (response instanceof Uint8Array) this.send(response)
      else await this.sendAll(response)
    } catch (error) {
      this.counters.faults++
      this.log.error({ error, from: this.from }, 'a message could not be handled')
    }
  }
}
