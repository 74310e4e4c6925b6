import type { FastifyReply } from 'fastify'

const LONGEST_LINE = 16

/** How soon it is worth asking again where a line is too long, in seconds. */
export const RETRY_AFTER_S = 10

/** Too many wait already. */
export class LineTooLong extends Error {}

/** Whoever waited has gone; nobody hears of it. */
export class Gone extends Error {}

/** Lets only so many do something long at once; the others wait for their turn, in a line that is not endless. */
export class Turns {
  private free: number
  private readonly longestLine: number
  private readonly line = new Set<() => void>()

  constructor(most: number, longestLine = LONGEST_LINE) {
    this.free = most
    this.longestLine = longestLine
  }

  /** Resolves with what ends the turn; to be called once. Throws where the line is too long, or once who waits has gone. */
  async take(gone?: AbortSignal): Promise<() => void> {
    if (gone?.aborted) throw new Gone()
    if (this.free > 0) this.free--
    else if (this.line.size >= this.longestLine) throw new LineTooLong()
    else await this.wait(gone)
    return () => {
      const [next] = this.line
      if (next === undefined) this.free++
      else next()
    }
  }

  /** As {@link take}, for a request; who hangs up leaves the line. */
  async takeFor(reply: FastifyReply): Promise<() => void> {
    const gone = new AbortController()
    const leave = () => gone.abort()
    if (reply.raw.destroyed) leave()
    reply.raw.once('close', leave)
    try {
      return await this.take(gone.signal)
    } finally {
      reply.raw.off('close', leave)
    }
  }

  private async wait(gone: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const called = () => {
        this.line.delete(called)
        gone?.removeEventListener('abort', left)
        resolve()
      }
      const left = () => {
        this.line.delete(called)
        reject(new Gone())
      }
      this.line.add(called)
      gone?.addEventListener('abort', left, { once: true })
    })
  }
}
