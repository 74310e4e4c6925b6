import type { FastifyReply } from 'fastify'

/** How soon it is worth asking again where a line is too long, in seconds. */
export const RETRY_AFTER_S = 10

/** Too many wait already. */
export class LineTooLong extends Error {}

/** Whoever waited has gone; nobody hears of it. */
export class Gone extends Error {}

export interface TurnLimits {
  /** Turns at once. */
  readonly most: number
  /** Of these, turns of one token; unless given, all but one, so that others come in between. */
  readonly mostOfOne?: number
  /** How many may wait; 64 unless given. */
  readonly longestLine?: number
  /** Of these, how many of one token; 16 unless given. */
  readonly longestLineOfOne?: number
}

const LONGEST_LINE = 64
const LONGEST_LINE_OF_ONE = 16

interface Waiting {
  readonly who: string
  readonly call: () => void
}

/** Lets only so many do something long at once; the others wait for their turn, in a line that is not endless. */
export class Turns {
  private readonly limits: Required<TurnLimits>
  private readonly held: string[] = []
  private readonly line = new Set<Waiting>()

  constructor({
    most,
    mostOfOne = Math.max(1, most - 1),
    longestLine = LONGEST_LINE,
    longestLineOfOne = LONGEST_LINE_OF_ONE,
  }: TurnLimits) {
    this.limits = { most, mostOfOne, longestLine, longestLineOfOne }
  }

  /** Resolves with what ends the turn; to be called once. Throws where the line is too long, or once who waits has gone. */
  async take(who: string, gone?: AbortSignal): Promise<() => void> {
    if (gone?.aborted) throw new Gone()
    if (this.mayBegin(who)) this.held.push(who)
    else if (this.isLineTooLong(who)) throw new LineTooLong()
    else await this.wait(who, gone)
    return () => this.end(who)
  }

  /** As {@link take}, for a request; who hangs up leaves the line. */
  async takeFor(reply: FastifyReply): Promise<() => void> {
    return await this.take(reply.request.token, whenGone(reply))
  }

  private mayBegin(who: string): boolean {
    const { most, mostOfOne } = this.limits
    return this.held.length < most && count(this.held, who) < mostOfOne
  }

  private isLineTooLong(who: string): boolean {
    const { longestLine, longestLineOfOne } = this.limits
    const names = [...this.line].map((waiting) => waiting.who)
    return names.length >= longestLine || count(names, who) >= longestLineOfOne
  }

  private async wait(who: string, gone: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.line.delete(waiting)
        reject(new Gone())
      }
      const call = () => {
        this.line.delete(waiting)
        gone?.removeEventListener('abort', leave)
        this.held.push(who)
        resolve()
      }
      const waiting = { who, call }
      this.line.add(waiting)
      gone?.addEventListener('abort', leave, { once: true })
    })
  }

  private end(who: string): void {
    this.held.splice(this.held.indexOf(who), 1)
    const next = [...this.line].find((waiting) => this.mayBegin(waiting.who))
    next?.call()
  }
}

/** Aborts with {@link Gone} once whoever asked has hung up. */
export function whenGone({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController()
  const leave = () => gone.abort(new Gone())
  if (raw.destroyed) leave()
  else raw.once('close', leave)
  return gone.signal
}

function count(names: readonly string[], who: string): number {
  return names.reduce((sum, name) => (name === who ? sum + 1 : sum), 0)
}
