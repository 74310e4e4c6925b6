import type { Readable } from 'node:stream'

declare module 'fastify' {
  interface FastifyInstance {
    /** A client that takes or sends nothing for so long is given up: it keeps others from their turn. */
    readonly stallMs: number
  }
}

export const STALL_MS = 30_000

/** A body has to come at a rate, once it has been waited for a while: an octet now and then would keep a turn for ever. */
export interface LeastPace {
  readonly octetsPerSecond: number
  /** How long a sender may take before that, in ms. */
  readonly graceMs: number
}

const READ_OCTETS_PER_SECOND = 64 << 10
/** Of what comes in small pieces, such as the steps of a verification, each stands for so many octets: what passes between two is not the reader's fault. */
const LEAST_PIECE = 16 << 10

const BODY_PACE: LeastPace = { octetsPerSecond: 16 << 10, graceMs: 60_000 }

/** A sender that sent nothing for too long, or too little. */
export class BodyStalled extends Error {
  readonly seconds: number

  constructor(ms: number) {
    super()
    this.seconds = Math.round(ms / 1_000)
  }
}

/**
 * Passes pieces on, and calls back once their reader is `longestMs` later with taking them than one of that rate would be. It is not late by
 * less for having been fast before. Waiting may come in long steps: the kernel tells of a large buffer only when much of it is free again.
 */
export async function* withTimeToTake(
  pieces: AsyncGenerator<string>,
  longestMs: number,
  onStall: () => void,
  octetsPerSecond = READ_OCTETS_PER_SECOND,
): AsyncGenerator<string> {
  let leftMs = longestMs
  for await (const piece of pieces) {
    const dueMs = (1_000 * Math.max(piece.length, LEAST_PIECE)) / octetsPerSecond
    leftMs = Math.min(longestMs, leftMs + dueMs)
    const timer = setTimeout(onStall, leftMs)
    const since = performance.now()
    try {
      yield piece
    } finally {
      clearTimeout(timer)
      leftMs -= performance.now() - since
    }
  }
}

/**
 * The pieces of a body, each of which comes within `ms` of being asked for, and all of them at that pace while they are waited for; throws
 * {@link BodyStalled}. Leaves the stream as it is, so that its sender can be answered.
 */
export async function* withTimeToCome(
  body: Readable,
  ms: number,
  { octetsPerSecond, graceMs }: LeastPace = BODY_PACE,
): AsyncGenerator<Uint8Array> {
  const pieces = body.iterator({ destroyOnReturn: false })
  let isWaiting = false
  // what is done with the pieces is no fault of their sender
  let waitedMs = 0
  let octets = 0
  try {
    while (true) {
      isWaiting = true
      const askedAt = performance.now()
      const next = await within(pieces.next(), ms)
      isWaiting = false
      if (next.done === true) return
      waitedMs += performance.now() - askedAt
      octets += next.value.length
      if (waitedMs > graceMs && octets < (octetsPerSecond * waitedMs) / 1_000) throw new BodyStalled(waitedMs)
      yield next.value
    }
  } finally {
    // one that still waits ends with its connection
    if (!isWaiting) await pieces.return?.()
  }
}

async function within<T>(awaited: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const stalled = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new BodyStalled(ms)), ms)
  })
  try {
    return await Promise.race([awaited, stalled])
  } finally {
    clearTimeout(timer)
  }
}
