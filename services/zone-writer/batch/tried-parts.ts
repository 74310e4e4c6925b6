import type { Tried } from '../store/tries.ts'

/** Of what a process did not live to settle, a part has this share at most; where that would be less than one, each is alone. */
const PARTS = 8

/**
 * In order: what is known of none of them together; what one process had in hand together when it ended, in parts, so that a process which ends
 * again leaves fewer under suspicion; and what a process had alone in hand, alone.
 */
export function triedParts<Command>(
  queue: readonly Command[],
  triedOf: (command: Command) => Tried | undefined,
): Command[][] {
  const parts: Command[][] = []
  let room = 0
  let before: Tried | undefined
  for (const command of queue) {
    const tried = triedOf(command)
    if (room > 0 && tried?.by === before?.by && !wasAlone(tried)) {
      parts.at(-1)!.push(command)
      room--
    } else {
      parts.push([command])
      room = mostTogether(tried) - 1
      before = tried
    }
  }
  return parts
}

function mostTogether(tried: Tried | undefined): number {
  if (tried === undefined) return Number.POSITIVE_INFINITY
  return wasAlone(tried) ? 1 : Math.ceil(tried.together / PARTS)
}

function wasAlone(tried: Tried | undefined): boolean {
  return tried !== undefined && tried.alone > 0
}
