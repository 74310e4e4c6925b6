import type { CommandStory } from '../clients/stories.ts'
import type { DecidedEvent } from './decided.ts'
import type { Evidence, FaultPeriod, Violation } from './evidence.ts'

/** A command is tried until it is settled; an outage may last. */
const TRIED_FOR_MS = 60_000
/** So many writers have to end while they try a command before it is set aside (decision 21). */
const DEATHS = 2

/** Nobody but the run makes events: zones that are created, and updates. Nobody sends what cannot be decided (P5, P6). */
export function checkCauses(
  { zones, commands, faults }: Evidence,
  decided: readonly DecidedEvent[],
): Violation[] {
  const uncaused = zones.flatMap(({ name, events }) =>
    events
      .filter(({ kind, seq }) => kind !== 'update' && !(kind === 'create' && seq === 1))
      .map(({ seq, kind, detail }) => ({
        promise: 'P6' as const,
        what: `an event of kind ${kind}, which nobody has caused: ${detail}`,
        ...{ zone: name, event: seq, story: [] },
      })),
  )
  const setAside = decided.filter(({ event }) => event.reason === 'fault')
  if (setAside.length === 0) return uncaused
  const stories = new Map(commands.map((story) => [story.id, story]))
  return [
    ...uncaused,
    ...setAside
      .filter(({ event, command }) => !isExplained(event.detail, stories.get(command), faults))
      .map(({ zone, event, command }) => ({
        promise: 'P5' as const,
        what: `set aside without a cause: ${event.detail}`,
        ...{ zone, command, event: event.seq, story: [] },
      })),
  ]
}

/** Writers were killed again and again while it was tried, or Postgres had no room for it. */
function isExplained(
  detail: string,
  story: CommandStory | undefined,
  faults: readonly FaultPeriod[],
): boolean {
  const sentAt = story?.sends[0]?.at
  if (sentAt === undefined) return false
  const meanwhile = faults.filter(
    ({ at, over = Number.POSITIVE_INFINITY }) => over >= sentAt && at <= sentAt + TRIED_FOR_MS,
  )
  if (detail.startsWith('Postgres refused it')) return meanwhile.some(({ kind }) => /disk/.test(kind))
  const deaths = meanwhile.reduce((sum, { kind }) => sum + deathsIn(kind), 0)
  return detail.includes('process ended') && deaths >= DEATHS
}

/** A writer gets another clock by a new process, and the right one by another. */
function deathsIn(kind: string): number {
  if (kind === 'writer killed') return 1
  return kind === 'clock of a writer set apart' ? 2 : 0
}
