/** Ctrl-C, a polite kill, and the end of the terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** `npm start` passes Ctrl-C on to us, who have had it from the terminal already: that is one, not two. */
const SAME_MS = 500

export interface StopSignals {
  /** Resolves at the first one: stop in order. */
  readonly first: Promise<'stop'>
  /** Resolves at the second one: stop at once. */
  readonly second: Promise<'kill'>
  /** Gives the signals their usual meaning again. */
  release(): void
}

/** Listens for the signals that end a `zonelog start`. */
export function listenForStop(): StopSignals {
  const first = Promise.withResolvers<'stop'>()
  const second = Promise.withResolvers<'kill'>()
  let firstAt: number | undefined
  const listener = () => {
    const now = performance.now()
    if (firstAt === undefined) first.resolve('stop')
    else if (now - firstAt > SAME_MS) second.resolve('kill')
    firstAt ??= now
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return {
    first: first.promise,
    second: second.promise,
    release: () => {
      for (const signal of SIGNALS) process.off(signal, listener)
    },
  }
}
