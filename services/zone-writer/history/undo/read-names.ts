import { canonicalName, type Name } from '../../../../shared/dns/name.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import { otherImports, type UndoScope, type UndoState, undoStates } from '../../store/undone-events.ts'
import { decodeState } from '../rrset-state.ts'
import { NameUndo } from './name-undo.ts'
import { saidOf, type UndoMessage, undoMessages } from './read-messages.ts'
import type { NameStep } from './steps.ts'

/** A name that the events to be undone have touched, with everything that happened there since. */
export interface NameHistory {
  readonly name: Name
  readonly undo: NameUndo
  /** Events that are kept and that changed, confirmed or asked for something here: the newest. */
  readonly newestOther: number
}

/**
 * Reads the names one after the other, in canonical order, and of each one event after the other, so that memory goes with the values of
 * one name. The owners must have been found (store/undone-events.ts).
 */
export async function* readNames(
  trx: DbTransaction,
  apex: Name,
  scope: UndoScope,
): AsyncGenerator<NameHistory> {
  const imports = await otherImports(trx, scope)
  const states = new Ahead(flat(undoStates(trx, scope)))
  const messages = new Ahead(undoMessages(trx, scope))
  for (let first = await states.peek(); first !== undefined; first = await states.peek()) {
    const { owner } = first
    const name = canonicalName(decodeState(first.type, first.state).name)
    const base = []
    for await (const row of states.while((row) => row.owner.equals(owner) && row.seq === 0))
      base.push(decodeState(row.type, row.state))
    const undo = new NameUndo(apex, name, base)
    let newestOther = 0
    for await (const step of stepsOf(name, owner, states, messages, imports)) {
      undo.take(step)
      if (!step.selected) newestOther = step.seq
    }
    yield { name, undo, newestOther }
  }
}

async function* stepsOf(
  name: Name,
  owner: Buffer,
  states: Ahead<UndoState>,
  messages: Ahead<UndoMessage>,
  imports: readonly number[],
): AsyncGenerator<NameStep> {
  let nextImport = 0
  const seqOf = (row: { owner: Buffer; seq: number } | undefined) =>
    row?.owner.equals(owner) ? row.seq : Number.POSITIVE_INFINITY
  for (;;) {
    const [nextState, nextMessage] = [await states.peek(), await messages.peek()]
    const seq = Math.min(
      seqOf(nextState),
      seqOf(nextMessage),
      imports[nextImport] ?? Number.POSITIVE_INFINITY,
    )
    if (seq === Number.POSITIVE_INFINITY) return
    const selected = seqOf(nextState) === seq && nextState!.selected
    const here = []
    for await (const row of states.while((row) => seqOf(row) === seq && row.selected === selected))
      here.push(decodeState(row.type, row.state))
    const isMessage = !selected && seqOf(nextMessage) === seq
    const message = isMessage ? await messages.next() : undefined
    const whole = !selected && imports[nextImport] === seq
    if (whole) nextImport++
    yield { seq, selected, states: here, ...saidOf(message?.said, name), whole }
  }
}

async function* flat<T>(pages: AsyncGenerator<readonly T[]>): AsyncGenerator<T> {
  for await (const page of pages) yield* page
}

/** Items of which the next one can be looked at before it is taken. */
class Ahead<T> {
  private readonly items: AsyncGenerator<T>
  private held: { readonly item: T | undefined } | undefined

  constructor(items: AsyncGenerator<T>) {
    this.items = items
  }

  async peek(): Promise<T | undefined> {
    if (this.held === undefined) {
      const next = await this.items.next()
      this.held = { item: next.done ? undefined : next.value }
    }
    return this.held.item
  }

  async next(): Promise<T | undefined> {
    const item = await this.peek()
    this.held = undefined
    return item
  }

  async *while(belongs: (item: T) => boolean): AsyncGenerator<T> {
    for (let item = await this.peek(); item !== undefined && belongs(item); item = await this.peek()) {
      this.held = undefined
      yield item
    }
  }
}
