import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Outcome } from '../admin/failure.ts'
import type { Db } from '../store/admin-zones.ts'
import { sendFailure } from './problem.ts'
import { withTimeToTake } from './stalls.ts'
import { Turns } from './turns.ts'

const AT_ONCE = 4
/**
 * Whoever reads slowly leaves others something: of turns and of places in the line, one token has so many. To wait costs no more than a
 * connection, and a program may well ask for all of its zones at once.
 */
const LIMITS = { most: AT_ONCE, mostOfOne: 3, longestLine: 128, longestLineOfOne: 64 } as const

/** Connections of {@link LongReads}: one for each, one for a verification, and one for what those look up besides. */
export const LONG_READ_CONNECTIONS = AT_ONCE + 2

/** What lasts as long as a client reads, a snapshot of Postgres open: kept away from everything that others wait for. */
export interface LongReads {
  readonly db: Db
  readonly turns: Turns
}

export function longReads(db: Db): LongReads {
  return { db, turns: new Turns(LIMITS) }
}

/** Waits for a turn and sends what is found, bit by bit; the turn lasts until all is sent or the reader has gone. */
export async function answerInTurn(
  reply: FastifyReply,
  turns: Turns,
  find: () => Promise<Outcome<AsyncGenerator<string>>>,
): Promise<FastifyReply> {
  const endTurn = await turns.takeFor(reply)
  const found = await find().catch((error) => {
    endTurn()
    throw error
  })
  if (!found.ok) {
    endTurn()
    return await sendFailure(reply, found)
  }
  if (reply.request.method === 'HEAD') {
    // nothing of it would be sent, so nothing is read
    await found.value.return(undefined)
    endTurn()
    return await reply.send(Readable.from([]))
  }
  const pieces = withTimeToTake(found.value, 2 * reply.server.stallMs, () => reply.raw.destroy())
  const stream = Readable.from(pieces)
  // not at the end of what is sent: a reader may go before anything was
  stream.once('close', endTurn)
  return await reply.send(stream)
}

export async function* withNewlines(lines: AsyncGenerator<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`
}
