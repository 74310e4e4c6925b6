import { Class } from '../../../../shared/dns/codes.ts'
import type { GivenName } from '../../../../shared/dns/name.ts'
import { rdataKey } from '../../../../shared/dns/rdata.ts'
import type { ResourceRecord, RRset } from '../../../../shared/dns/record.ts'
import type { RRsetState } from '../rrset-state.ts'
import { ABSENT, type Candidate, type Taken, type TtlCandidate, type ValueTrack } from './value-track.ts'
import { wantedOf } from './wanted.ts'

/** One RRset on its way through the events since the first selected one. Holds as much as the set ever had values. */
export class SetTrack {
  readonly type: number
  private readonly atApex: boolean
  private name: GivenName
  /** Of the newest state that had records. */
  private ttl: number | undefined
  private present = new Map<string, Uint8Array>()
  /** Where each present value comes from. */
  private setBy = new Map<string, number>()
  private readonly values = new Map<string, ValueTrack>()
  private ttlWord: number | undefined
  private ttlWordSeq: number | undefined
  private ttlTaken: { readonly seq: number; readonly wished: number | undefined; later?: number } | undefined
  /** Selected events that took values away and put others in. */
  private readonly replacing = new Set<number>()
  /** Of those, whose new values another event took away, and which event that was. */
  private readonly replaced = new Map<number, number>()

  constructor(base: RRsetState, atApex: boolean) {
    this.atApex = atApex
    this.type = base.type
    this.name = base.name
    this.accept(base)
    for (const [key, rdata] of this.present)
      this.values.set(key, { rdata, word: { present: true, ttl: base.ttl } })
    this.ttlWord = this.ttl
  }

  /** As it is after the newest event. */
  get now(): RRset | undefined {
    if (this.present.size === 0) return undefined
    return { name: this.name, type: this.type, ttl: this.ttl!, rdata: [...this.present.values()] }
  }

  /** The newest event that put in what is there now. */
  get newestSetBy(): number | undefined {
    return this.setBy.size === 0 ? undefined : Math.max(...this.setBy.values())
  }

  takeSelected(seq: number, state: RRsetState): void {
    const { before, ttlBefore } = this.accept(state)
    let [gone, come] = [false, false]
    for (const key of this.touched(before)) {
      const present = this.present.has(key)
      if (present) come = true
      else gone = true
      const value = this.track(key, before)
      value.taken = { seq, wished: value.word }
    }
    if (gone && come) this.replacing.add(seq)
    if (this.present.size > 0 && this.ttl !== ttlBefore) this.ttlTaken = { seq, wished: this.ttlWord }
  }

  /** Answers whether something that it asked for had no effect. */
  takeOther(
    seq: number,
    state: RRsetState | undefined,
    asked: readonly ResourceRecord[],
    isImport: boolean,
  ): boolean {
    const { before } = state === undefined ? { before: this.present } : this.accept(state)
    const touched = this.touched(before)
    for (const key of touched) {
      const taken = this.values.get(key)?.taken
      if (taken !== undefined && taken.later === undefined && !this.present.has(key))
        this.replaced.set(taken.seq, seq)
    }
    const wanted = wantedOf(this.type, asked, [...this.values.keys()], this.atApex)
    const spoken = new Set([...touched, ...wanted.keys()])
    if (isImport) for (const key of this.values.keys()) spoken.add(key)
    else if (asked.length === 0)
      for (const { rdata, confirmedBy } of state?.records ?? [])
        if (confirmedBy === seq) spoken.add(rdataKey(this.type, rdata))
    const asksForSome = asked.some((one) => one.class === Class.IN && one.type === this.type)
    let speaksOfTtl = (isImport || asksForSome) && this.present.size > 0
    for (const key of spoken) {
      const present = this.present.has(key)
      if (present) speaksOfTtl = true
      const value = this.track(key, before)
      value.word = { present, ttl: this.ttl ?? 0 }
      if (value.taken !== undefined) value.taken.later = { seq, isImport }
    }
    if (speaksOfTtl) {
      this.ttlWord = this.ttl
      this.ttlWordSeq = seq
      if (this.ttlTaken !== undefined) this.ttlTaken.later = seq
    }
    if (asksForSome && this.present.size === 0) return true
    return [...wanted].some(([key, present]) => this.present.has(key) !== present)
  }

  /** What taking the selected events back would put in and take away. */
  candidates(): Candidate[] {
    const found: Candidate[] = []
    for (const [key, { rdata, taken }] of this.values) {
      const present = this.present.has(key)
      if (taken === undefined || taken.wished.present === present) continue
      const would = present ? 'remove' : 'add'
      const { seq: undone, wished } = taken
      const candidate: Candidate = { key, rdata, would, undone, ttl: wished.ttl }
      const reason = this.conflictOf(candidate, taken)
      found.push(reason === undefined ? candidate : { ...candidate, conflict: reason })
    }
    return found
  }

  /** An event that put one value in the place of another is taken back as a whole or not at all, set by set. */
  withPartners(found: readonly Candidate[]): Candidate[] {
    const held = new Map(found.map(({ undone, conflict }) => [conflict && undone, conflict]))
    return found.map((candidate) => {
      if (candidate.conflict !== undefined || !this.replacing.has(candidate.undone)) return candidate
      const conflict = held.get(candidate.undone)
      return conflict === undefined ? candidate : { ...candidate, conflict }
    })
  }

  /** The TTL that taking the selected events back would give to what is left; undefined where it is not theirs. */
  ttlCandidate(): TtlCandidate | undefined {
    if (this.ttlTaken === undefined) return undefined
    const { seq: undone, wished, later: since } = this.ttlTaken
    return wished === undefined || wished === this.ttl ? undefined : { undone, ttl: wished, since }
  }

  /** The set with some candidates done, and that TTL; undefined when nothing is left. */
  result(done: readonly Candidate[], ttl: number): RRset | undefined {
    const values = new Map(this.present)
    for (const { key, rdata, would } of done)
      if (would === 'remove') values.delete(key)
      else values.set(key, rdata)
    return values.size === 0
      ? undefined
      : { name: this.name, type: this.type, ttl, rdata: [...values.values()] }
  }

  /** The TTL of now, or of when there were records last. */
  get lastTtl(): number {
    return this.ttl ?? 0
  }

  /** The last event beside the selected ones that set the TTL, or took it as it was. */
  get ttlSaidBy(): number | undefined {
    return this.ttlWordSeq
  }

  private conflictOf({ would, undone }: Candidate, { later }: Taken): Candidate['conflict'] {
    if (later !== undefined) {
      const reason = later.isImport
        ? 'imported-since'
        : would === 'remove'
          ? 'confirmed-since'
          : 'removed-since'
      return { reason, since: later.seq }
    }
    const since = would === 'add' ? this.replaced.get(undone) : undefined
    return since === undefined ? undefined : { reason: 'replaced-since', since }
  }

  private accept(state: RRsetState): { before: Map<string, Uint8Array>; ttlBefore: number | undefined } {
    const past = { before: this.present, ttlBefore: this.ttl }
    const records = state.records.map((record) => ({ ...record, key: rdataKey(this.type, record.rdata) }))
    this.present = new Map(records.map(({ key, rdata }) => [key, rdata]))
    this.setBy = new Map(records.map(({ key, setBy }) => [key, setBy]))
    if (records.length > 0) {
      this.ttl = state.ttl
      this.name = state.name
    }
    return past
  }

  private touched(before: ReadonlyMap<string, Uint8Array>): string[] {
    return [
      ...[...before.keys()].filter((key) => !this.present.has(key)),
      ...[...this.present.keys()].filter((key) => !before.has(key)),
    ]
  }

  private track(key: string, before: ReadonlyMap<string, Uint8Array>): ValueTrack {
    let value = this.values.get(key)
    if (value === undefined) {
      const rdata = this.present.get(key) ?? before.get(key) ?? Buffer.from(key, 'latin1')
      value = { rdata, word: ABSENT }
      this.values.set(key, value)
    }
    return value
  }
}
