import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Access } from '../../admin/access.ts'
import { type Failure, failure } from '../../admin/failure.ts'
import type { Db } from '../../store/admin-zones.ts'
import { tokenNamed } from '../../store/tokens.ts'
import { Gone } from '../turns.ts'

/** One message of server-sent events (HTML, section 9.2); `id` is what Last-Event-ID gives back. */
export interface SentEvent {
  readonly id?: string
  readonly event: string
  readonly data: object
}

const MOST_STREAMS = 100
const MOST_OF_A_TOKEN = 20
const TOKEN_LOOKED_AT_MS = 5_000
/** How long a reader has to take the end of its stream. */
const CLOSING_MS = 500
/** How long a browser waits before it comes again. */
const RETRY_MS = 2_000
/** How long whoever has too many streams is told to wait, in seconds. */
const FULL_S = 10

export interface StreamLimits {
  /** A reader that took so long for one message is told, and cut: it resumes with Last-Event-ID. */
  readonly slowMs: number
  /** One that takes nothing for so long is cut. */
  readonly stalledMs: number
  /** So long it goes on without a look at its token. */
  readonly tokenLookedAtMs?: number
}

/** How messages are written. */
export interface Wire {
  readonly type: string
  /** At once, so that the reader has the headers. */
  readonly begin: string
  /** Undefined is that nothing happened. */
  readonly text: (event: SentEvent | undefined) => string
  /** Why the stream ends; empty where that is not said. */
  readonly end: (event: SentEvent) => string
}

export const SERVER_SENT: Wire = {
  type: 'text/event-stream; charset=utf-8',
  begin: `retry: ${RETRY_MS}\n\n`,
  text: (event) => (event === undefined ? ': nothing new\n\n' : frame(event)),
  end: frame,
}

/** Lines of JSON; one whose token ends is cut without a word. */
export const JSON_LINES: Wire = {
  type: 'application/x-ndjson; charset=utf-8',
  begin: '\n',
  text: (event) => (event === undefined ? '\n' : `${JSON.stringify(event.data)}\n`),
  end: () => '',
}

/** Streams to readers that may be slow or gone: bounded in number, and nothing gathers for any of them. */
export class EventStreams {
  private readonly open = new Map<string, number>()
  private readonly sockets = new Set<Socket>()
  private readonly closing = new AbortController()
  private readonly db: Db
  private readonly now: () => number
  private readonly limits: StreamLimits

  constructor(db: Db, now: () => number, limits: StreamLimits) {
    this.db = db
    this.now = now
    this.limits = limits
  }

  /** Ends all of them, those that do not take their end as well. */
  close(): void {
    this.closing.abort()
    setTimeout(() => {
      for (const socket of this.sockets) socket.destroy()
    }, CLOSING_MS)
  }

  /** Why this token gets no more; undefined where it does. */
  lack(reply: FastifyReply, { token }: Access): Failure | undefined {
    const all = [...this.open.values()].reduce((sum, count) => sum + count, 0)
    if (all < MOST_STREAMS && (this.open.get(token) ?? 0) < MOST_OF_A_TOKEN) return undefined
    reply.header('retry-after', FULL_S)
    return failure(
      'too-many-streams',
      `This writer has ${all} streams open, ${this.open.get(token) ?? 0} of them of ${token}; it takes ${MOST_STREAMS}, and ${MOST_OF_A_TOKEN} of one token.`,
    )
  }

  /** Sends what `follow` gives until the reader is gone; undefined of it means that nothing happened for a while. */
  async send(
    request: FastifyRequest,
    reply: FastifyReply,
    access: Access,
    follow: (signal: AbortSignal) => AsyncGenerator<SentEvent | undefined>,
    wire: Wire = SERVER_SENT,
  ): Promise<FastifyReply> {
    // its end was told already, so nobody would take it off the count
    if (reply.raw.destroyed) throw new Gone()
    const gone = new AbortController()
    const { socket } = request.raw
    this.count(access.token, 1)
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    reply.raw.once('close', () => {
      this.count(access.token, -1)
      gone.abort()
    })
    socket.setTimeout(this.limits.stalledMs, () => socket.destroy())
    const signal = AbortSignal.any([this.closing.signal, gone.signal])
    const frames = this.frames(access, follow(signal), wire)
    return await reply
      .type(wire.type)
      .header('cache-control', 'no-store')
      // a writer that ends waits for nobody who keeps it open
      .header('connection', 'close')
      // a proxy must not gather what it gets
      .header('x-accel-buffering', 'no')
      .send(Readable.from(frames, { highWaterMark: 1 }))
  }

  private async *frames(
    access: Access,
    events: AsyncGenerator<SentEvent | undefined>,
    wire: Wire,
  ): AsyncGenerator<string> {
    const { tokenLookedAtMs = TOKEN_LOOKED_AT_MS } = this.limits
    let lookedAt = this.now()
    try {
      yield wire.begin
      for await (const event of events) {
        if (this.now() - lookedAt > tokenLookedAtMs) {
          if (!(await this.isGood(access))) return yield wire.end({ event: 'token-ended', data: {} })
          lookedAt = this.now()
        }
        const before = performance.now()
        yield wire.text(event)
        if (performance.now() - before > this.limits.slowMs)
          return yield wire.end({ event: 'too-slow', data: { detail: 'Resume with Last-Event-ID.' } })
      }
    } finally {
      await events.return(undefined)
    }
  }

  private count(token: string, more: 1 | -1): void {
    const now = (this.open.get(token) ?? 0) + more
    if (now === 0) this.open.delete(token)
    else this.open.set(token, now)
  }

  private async isGood({ token, expiresAt }: Access): Promise<boolean> {
    if (expiresAt !== undefined && expiresAt.getTime() <= this.now()) return false
    const found = await tokenNamed(this.db, token)
    return found !== undefined && found.revokedAt === undefined
  }
}

function frame({ id, event, data }: SentEvent): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** What a reader has already: Last-Event-ID of one that comes again, else what it asks for. */
export function resumeAfter(request: FastifyRequest, asked: number | undefined): number | undefined {
  const last = request.headers['last-event-id']
  return typeof last === 'string' && /^\d{1,15}$/.test(last) ? Number(last) : asked
}
