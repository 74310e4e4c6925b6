import type { Readable } from 'node:stream'

declare module 'fastify' {
  interface FastifyInstance {
    /** A client that takes or sends nothing for so long is given up: it keeps others from their turn. */
    readonly stallMs: number
  }
}

export const STALL_MS = 30_000

/** A sender that sent nothing for too long. */
export class BodyStalled extends Error {
  readonly seconds: number

  constructor(ms: number) {
    super()
    this.seconds = Math.round(ms / 1_000)
  }
}

/** Passes pieces on, and calls back when the next one is not asked for within `ms`. */
export async function* withTimeToTake<T>(
  pieces: AsyncGenerator<T>,
  ms: number,
  onStall: () => void,
): AsyncGenerator<T> {
  for await (const piece of pieces) {
    const timer = setTimeout(onStall, ms)
    try {
      yield piece
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The pieces of a body, each of which comes within `ms` of being asked for; throws {@link BodyStalled}. Leaves the stream as it is, so that its sender can be answered. */
export async function* withTimeToCome(body: Readable, ms: number): AsyncGenerator<Uint8Array> {
  const pieces = body.iterator({ destroyOnReturn: false })
  let isWaiting = false
  try {
    while (true) {
      isWaiting = true
      const next = await within(pieces.next(), ms)
      isWaiting = false
      if (next.done === true) return
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
