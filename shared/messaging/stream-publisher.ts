import type { Msg, MsgHdrs, NatsConnection, Subscription } from 'nats'
import { IN_FLIGHT_LOOK_MS as LOOK_MS, SEND_AGAIN_MS } from '../time-limits.ts'
import { isConnected, newInbox } from './connect.ts'

/** The server said that the message is not in a stream and will not be: nobody takes its subject, or the one server of the stream said no. */
export class StreamRefused extends Error {}
/** No stream takes the subject, for good or while it is getting another leader. */
export class NobodyTakesIt extends StreamRefused {}
/** There is no connection now: the message was not sent, and will not be. */
export class NotConnected extends StreamRefused {}
/** Nothing was heard in time, or one of several servers said no: the message may be in the stream or not. */
export class NotConfirmed extends Error {}

interface Waiting {
  /** To be sent again; undefined where that is not done. */
  readonly message: Queued | undefined
  readonly since: number
  /** When it was sent last, once that was not the first time. */
  sentAgain: number | undefined
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Queued {
  readonly subject: string
  readonly payload: Uint8Array
  readonly headers: MsgHdrs | undefined
  readonly number: number
}

const NO_RESPONDERS = 503

/** What gathers leaves at the latest when there are so many, or after so many ms. */
const MOST_GATHERED = 128
const GATHER_MS = 2

export interface StreamPublisherOptions {
  /** How long a confirmation is waited for, in ms. */
  readonly timeoutMs: number
  /** Nothing is kept while there is no connection, to be sent when nobody waits for it any more. */
  readonly nowOrNever?: boolean
  /**
   * Whether messages gather while confirmations of those before them are awaited, and leave together: the first of all leaves at once, and
   * what comes in crowds leaves in few writes, for which the other side has to wake up less often.
   */
  readonly gather?: boolean
  /**
   * Whether each message has a Nats-Msg-Id, by which the stream knows a copy. What may have been lost with a leader, since a later one is
   * confirmed, is sent again then.
   */
  readonly hasIds?: boolean
}

/**
 * Publishes to JetStream with a confirmation for each message, at a fraction of what a request of the library costs: there are no
 * timer, no inbox and no error object for each, and what is published within one turn of the event loop leaves in one write.
 */
export class StreamPublisher {
  private readonly nats: NatsConnection
  private readonly options: StreamPublisherOptions
  private readonly prefix: string
  private subscription: Subscription
  /** The oldest first, as a Map keeps its order. */
  private readonly waiting = new Map<number, Waiting>()
  private queue: Queued[] = []
  private last = 0
  /** The number of the last one that was sent, and how many of those sent are neither confirmed nor given up. */
  private sent = 0
  private unconfirmed = 0
  /** The last one of which the stream said that it has stored it: it stores them in order. */
  private stored = 0
  private gathering: NodeJS.Timeout | undefined
  private timer: NodeJS.Timeout | undefined
  private closed = false

  constructor(nats: NatsConnection, options: StreamPublisherOptions) {
    this.nats = nats
    this.prefix = `${newInbox(nats)}.`
    this.options = options
    this.subscription = this.subscribe()
  }

  /**
   * Resolves when the stream has stored the message. Rejects with {@link StreamRefused} when it certainly has not, and with
   * {@link NotConfirmed} when that is not known. Messages keep their order.
   */
  publish(subject: string, payload: Uint8Array, headers?: MsgHdrs): Promise<void> {
    if (this.closed) return Promise.reject(new NotConnected('this service is ending'))
    const number = ++this.last
    return new Promise((resolve, reject) => {
      const message = { subject, payload, headers, number }
      const again = this.options.hasIds === true ? message : undefined
      const since = performance.now()
      this.waiting.set(number, { message: again, since, sentAgain: undefined, resolve, reject })
      this.timer ??= setTimeout(() => this.look(), Math.min(LOOK_MS, this.options.timeoutMs))
      const queued = this.queue.push(message)
      if (queued === 1) this.flushLater()
      else if (queued === MOST_GATHERED) this.flush()
    })
  }

  close(): void {
    this.closed = true
    this.queue = []
    this.subscription.unsubscribe()
    clearTimeout(this.timer)
    clearTimeout(this.gathering)
    for (const { reject } of this.waiting.values()) reject(new NotConfirmed('closed'))
    this.waiting.clear()
  }

  /** Sends what has queued at once, for whoever sends something else that must come after it. */
  flush(): void {
    const queue = this.queue
    this.queue = []
    clearTimeout(this.gathering)
    // a library that is reconnecting keeps the message, and sends it later
    if (this.options.nowOrNever === true && queue.length > 0 && !isConnected(this.nats)) {
      for (const { number } of queue) this.settle(number)?.reject(new NotConnected('no connection to NATS'))
      return
    }
    for (const message of queue) {
      const { number } = message
      // given up, and told so: it must not come later
      if (!this.waiting.has(number)) continue
      try {
        this.send(message)
        this.sent = number
        this.unconfirmed++
      } catch (error) {
        // the connection was closed for good, or the message is none that NATS takes
        this.settle(number)?.reject(new StreamRefused(String(error)))
      }
    }
  }

  private send({ subject, payload, headers, number }: Queued): void {
    const reply = `${this.prefix}${number}`
    this.nats.publish(subject, payload, headers === undefined ? { reply } : { reply, headers })
  }

  private flushLater(): void {
    if (this.options.gather === true && this.unconfirmed > 0)
      this.gathering = setTimeout(() => this.flush(), GATHER_MS)
    else setImmediate(() => this.flush())
  }

  private subscribe(): Subscription {
    return this.nats.subscribe(`${this.prefix}*`, {
      callback: (error, message) => (error === null ? this.confirmed(message) : this.subscribeLater()),
    })
  }

  /** The server has taken the subscription away, as it does where permissions do not allow it for a moment. */
  private subscribeLater(): void {
    setTimeout(() => {
      if (!this.closed && !this.nats.isClosed()) this.subscription = this.subscribe()
    }, LOOK_MS)
  }

  /** What is neither a confirmation nor a refusal says nothing; somebody else may listen to the subject, and answer. */
  private confirmed(message: Msg): void {
    const said = answerIn(message)
    if (said === undefined) return
    const number = Number(message.subject.slice(this.prefix.length))
    // the first one may still be confirmed
    if (said instanceof NotConfirmed && this.waiting.get(number)?.sentAgain !== undefined) return
    const waiting = this.settle(number)
    if (said === 'stored') {
      this.stored = Math.max(this.stored, number)
      waiting?.resolve()
    }
    // a copy that is refused says nothing of the one before it
    else if (said instanceof NotConfirmed || (this.isCertain(said) && waiting?.sentAgain === undefined))
      waiting?.reject(said)
    else waiting?.reject(new NotConfirmed(said.message))
  }

  /**
   * Each server of a cluster decides by its own copy of the stream whether there is room, and consumers read from the copy of their own leader: a message
   * that the stream's leader has refused as one too many may be delivered all the same (seen with nats-server 2.9.10).
   */
  private isCertain(refused: StreamRefused): boolean {
    return refused instanceof NobodyTakesIt || this.nats.info?.cluster === undefined
  }

  private settle(number: number): Waiting | undefined {
    const waiting = this.waiting.get(number)
    if (waiting === undefined) return undefined
    this.waiting.delete(number)
    if (number <= this.sent && --this.unconfirmed === 0 && this.options.gather === true) this.flush()
    return waiting
  }

  private look(): void {
    this.timer = undefined
    this.giveUpOld()
    if (this.options.hasIds === true && isConnected(this.nats)) this.sendLostAgain()
    if (this.waiting.size > 0)
      this.timer = setTimeout(() => this.look(), Math.min(LOOK_MS, this.options.timeoutMs))
  }

  private giveUpOld(): void {
    const now = performance.now()
    const { timeoutMs } = this.options
    for (const [number, { since, reject }] of this.waiting) {
      if (now - since < timeoutMs) break
      this.settle(number)
      reject(
        number > this.sent
          ? new NotConnected(`not sent within ${timeoutMs} ms`)
          : new NotConfirmed(`no confirmation within ${timeoutMs} ms`),
      )
    }
  }

  private sendLostAgain(): void {
    const now = performance.now()
    for (const [number, waiting] of this.waiting) {
      if (number >= this.stored) break
      if (now - (waiting.sentAgain ?? Number.NEGATIVE_INFINITY) < SEND_AGAIN_MS) continue
      waiting.sentAgain = now
      try {
        if (waiting.message !== undefined) this.send(waiting.message)
      } catch {
        // the connection was closed for good: it is given up in its time
        return
      }
    }
  }
}

/** As nearly all confirmations begin; what follows is the stream's name. */
const STORED = Buffer.from('{"stream":"')
/**
 * The place of a copy of which the first is still on its way into the stream, and may be lost with its leader: nats-server says so in place of a place
 * (seen with 2.10.27: a leader that was paused had not stored either). It is no confirmation.
 */
const NO_PLACE = '"seq":0'
const QUOTE = 0x22

/** Whether these octets are what a stream says that has stored a message, without a parser of JSON. */
function saysStored(data: Uint8Array): boolean {
  for (let at = 0; at < STORED.length; at++) if (data[at] !== STORED[at]) return false
  const text = Buffer.from(data.buffer, data.byteOffset, data.length)
  return data[STORED.length] !== QUOTE && !text.includes('"error"') && !text.includes(NO_PLACE)
}

function answerIn(message: Msg): 'stored' | NotConfirmed | StreamRefused | undefined {
  if (saysStored(message.data)) return 'stored'
  if (message.headers?.code === NO_RESPONDERS) return new NobodyTakesIt('no stream takes the subject')
  try {
    const { stream, seq, error } = message.json<{
      stream?: unknown
      seq?: unknown
      error?: { description?: string; code?: number }
    }>()
    if (typeof error?.code === 'number') return new StreamRefused(error.description ?? `error ${error.code}`)
    if (typeof stream !== 'string' || stream === '') return undefined
    return seq === 0 ? new NotConfirmed('a copy is on its way into the stream, and may be lost') : 'stored'
  } catch {
    return undefined
  }
}
