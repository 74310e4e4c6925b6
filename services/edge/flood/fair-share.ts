import { KINDS, Kind, kindOf } from './kinds.ts'
import type { ProvenSenders } from './proven-senders.ts'
import { SLOTS, slotOf } from './source-slots.ts'

/** How it went since the last look. */
export interface Pressure {
  /** Datagrams that were read. */
  readonly read: number
  /** Datagrams that the system dropped because those before them had not been read. */
  readonly lost: number
  /** How full the fullest receive buffer is, from 0 to 1. */
  readonly fill: number
}

/** A flood is what makes the system drop datagrams at so many looks in a row; a pause of ours fills a buffer once. */
const LOOKS_WITH_LOSS = 2
/** A receive buffer this full is read too slowly, and one less full than the other leaves room for more. */
const TOO_FULL = 0.5
const ROOMY = 0.25
const SHRINK = 0.7
const GROW = 1.1
/** While nobody has too many. */
const GROW_UNNEEDED = 2
/** Of one sender between two looks: whatever comes, so few are taken of each. */
const LEAST_SHARE = 2
/** All datagrams of a kind together, from senders who have proved nothing, get what so many senders get. */
const KIND_SHARES = 8
/** After so many looks in a row at which nobody had too many, a flood is over. */
const QUIET_LOOKS = 50

/**
 * Who is heard when more comes than can be taken. To read a datagram and let it go costs a small part of what an answer costs, so all are
 * read, and of each sender only so many are answered that reading keeps up: whoever sends less than others does not notice the flood. Where a
 * flood comes from many addresses, kinds of messages share in the same way: a flood of one kind leaves the others, and senders who have
 * signed rightly before, alone.
 */
export class FairShare {
  /** Datagrams that were let go. */
  shed = 0
  /** Of one sender between two looks; infinite while there is no flood. */
  private share = Number.POSITIVE_INFINITY
  private readonly taken = new Uint32Array(SLOTS)
  private readonly takenOfKind = new Uint32Array(KINDS)
  private shedBefore = 0
  private quietLooks = 0
  private looksWithLoss = 0
  private readAtLastLook = 0
  private readonly proven: Pick<ProvenSenders, 'has'>

  constructor(proven: Pick<ProvenSenders, 'has'>) {
    this.proven = proven
  }

  /** Whether anybody is limited now; while nobody is there is nothing to ask. */
  get isOn(): boolean {
    return this.share !== Number.POSITIVE_INFINITY
  }

  /** Whether a datagram of this sender is taken; counts it. */
  takes(message: Uint8Array, address: string): boolean {
    const slot = slotOf(address)
    if (++this.taken[slot]! <= this.share && this.takesKind(kindOf(message), slot)) return true
    this.shed++
    return false
  }

  private takesKind(kind: Kind, slot: number): boolean {
    if (kind === Kind.SIGNED_UPDATE && this.proven.has(slot)) return true
    return ++this.takenOfKind[kind]! <= this.share * KIND_SHARES
  }

  /** To be told a few times a second how it went; `flooded` when a flood begins, `over` when it is over. */
  look({ read, lost, fill }: Pressure): 'flooded' | 'over' | undefined {
    const most = Math.max(read, this.readAtLastLook)
    this.readAtLastLook = read
    this.looksWithLoss = lost > 0 ? this.looksWithLoss + 1 : 0
    if (!this.isOn) return this.looksWithLoss < LOOKS_WITH_LOSS ? undefined : this.begin(most)
    const isQuiet = this.shed === this.shedBefore
    if (lost > 0 || fill > TOO_FULL) this.share = Math.max(LEAST_SHARE, Math.round(this.share * SHRINK))
    else if (fill < ROOMY) this.share *= isQuiet ? GROW_UNNEEDED : GROW
    this.quietLooks = isQuiet && lost === 0 ? this.quietLooks + 1 : 0
    if (this.quietLooks > QUIET_LOOKS) this.share = Number.POSITIVE_INFINITY
    this.count()
    return this.isOn ? undefined : 'over'
  }

  private begin(most: number): 'flooded' {
    this.share = Math.max(LEAST_SHARE, Math.round(most * SHRINK))
    this.quietLooks = 0
    this.count()
    return 'flooded'
  }

  /** From here on anew. */
  private count(): void {
    this.shedBefore = this.shed
    this.taken.fill(0)
    this.takenOfKind.fill(0)
  }
}
