import type { Tried } from '../store/tries.ts'

/** Of what a process did not live to settle, a part has this share; where that would be less than one, each is alone. */
const PARTS = 8

/**
 * In order: what is known of none of them together; what one process had in hand together when it ended, in parts, so that a process which ends
 * again leaves fewer under suspicion; and what a process had alone in hand, alone.
 */
export function triedParts<Command>(
  queue: readonly Command[],
  triedOf: (command: Command) => Tried | undefined,
): Command[][] {
  const suspects = Map.groupBy(queue, (command) => triedOf(command)?.by)
  const parts: Command[][] = []
  let current: { readonly by: string | undefined; readonly most: number } | undefined
  for (const command of queue) {
    const tried = triedOf(command)
    const last = parts.at(-1)
    if (last !== undefined && tried?.by === current?.by && last.length < (current?.most ?? 0))
      last.push(command)
    else parts.push([command])
    if (parts.at(-1)!.length === 1) current = { by: tried?.by, most: mostTogether(tried, suspects) }
  }
  return parts
}

function mostTogether(
  tried: Tried | undefined,
  suspects: ReadonlyMap<string | undefined, readonly unknown[]>,
): number {
  if (tried === undefined) return Number.POSITIVE_INFINITY
  return tried.alone > 0 ? 1 : Math.ceil(suspects.get(tried.by)!.length / PARTS)
}
