import type { Random } from '../random.ts'
import type { FaultKind } from './fault.ts'

/**
 * Kinds as they are drawn: from a bag that has each as often as its weight says, until the bag is empty. One of each comes first, so that a short
 * run sees as many kinds as it has faults, and a long one keeps the weights.
 */
export class FaultBag {
  private readonly kinds: readonly FaultKind[]
  private readonly random: Random
  private left: FaultKind[] = []

  constructor(kinds: readonly FaultKind[], random: Random) {
    this.kinds = kinds
    this.random = random
  }

  /** The next that is possible now; those before it stay in the bag for later. */
  draw(isPossible: (kind: FaultKind) => boolean): FaultKind {
    if (!this.left.some(isPossible)) this.left = this.fill()
    const place = this.left.findIndex(isPossible)
    if (place < 0) throw new Error('no fault is possible')
    return this.left.splice(place, 1)[0]!
  }

  private fill(): FaultKind[] {
    const others = this.kinds.flatMap((kind) => Array<FaultKind>(kind.weight - 1).fill(kind))
    return [...shuffled(this.kinds, this.random), ...shuffled(others, this.random)]
  }
}

/** Fisher and Yates. */
function shuffled<T>(from: readonly T[], random: Random): T[] {
  const list = [...from]
  for (let end = list.length; end > 1; end--) {
    const place = random.below(end)
    ;[list[end - 1], list[place]] = [list[place]!, list[end - 1]!]
  }
  return list
}
