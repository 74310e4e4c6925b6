import { Rcode, rcodeToText } from '../../shared/dns/codes.ts'
import { decidedEvents, isExpired } from './checker/decided.ts'
import type { Evidence, Violation } from './checker/evidence.ts'
import { countAtRisk, lostCommands } from './checker/stored.ts'
import type { CommandStory } from './clients/stories.ts'
import type { FaultStory } from './fault-story.ts'
import { Hits } from './hits.ts'
import type { Weathered } from './network/datagram-proxy.ts'
import { type FirstReSends, firstReSends } from './re-sends.ts'
import { type Refusals, refusalsOf } from './refusals.ts'
import { type FaultSummary, summariesOf, summaryLines } from './summaries.ts'

/** Shorter ones are how the network is. */
const WINDOW_MS = 1_000

export interface Report extends Refusals {
  readonly schema: 'zonelog.chaos/1'
  readonly seed: number
  readonly seconds: number
  readonly updates: number
  readonly datagramsAndFrames: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly events: Readonly<Record<string, number>>
  readonly reads: Readonly<Record<string, number>>
  /** Commands that were in the stream, as far as it was seen. */
  readonly stored: number
  /** Those that were in the stream and have no event; a violation but where a fault may have lost them. */
  readonly storedAndLost: number
  /** Those that were stored when a fault might lose them: no server of NATS left. */
  readonly storedAtRisk: number
  readonly faults: readonly FaultSummary[]
  /** Of clients of edges that were killed. */
  readonly firstReSends: FirstReSends
  readonly weather: Weathered
  readonly transfers: Transfers
  /** What makes the run worth less than it seems. */
  readonly weaknesses: readonly string[]
  readonly notRecovered: readonly FaultStory[]
  readonly withoutSuccess: Windows
  readonly servfail: Windows
  readonly violations: readonly Violation[]
}

/** What was counted beside the evidence. */
export interface Counted {
  /** Datagrams between clients and edges. */
  readonly weather: Weathered
  readonly transfers: Transfers
  /** Servers of NATS that did not come back by themselves after a fault. */
  readonly natsStartedAgain: readonly string[]
  /** Of services that ended at their start and were started again. */
  readonly failedStarts: readonly string[]
  /** Why the run ended before it was time. */
  readonly failure?: string
}

/** What the secondaries got. */
export type Transfers = Readonly<Record<'incremental' | 'whole' | 'upToDate' | 'failed', number>>

/** Times longer than a second in which no update succeeded, or in which SERVFAIL was answered again and again. */
export interface Windows {
  readonly count: number
  readonly longestMs: number
  readonly totalMs: number
}

export function reportOf(
  evidence: Evidence,
  faults: readonly FaultStory[],
  seconds: number,
  violations: readonly Violation[],
  beside: Counted,
): Report {
  const { commands, reads } = evidence
  const { weather, transfers } = beside
  const decided = decidedEvents(evidence)
  const expired = new Set(decided.filter(isExpired).map(({ command }) => command))
  const answers = commands.flatMap((story) => story.answers)
  const refusals = refusalsOf(evidence, decided)
  return {
    schema: 'zonelog.chaos/1',
    seed: evidence.seed,
    seconds,
    updates: commands.length,
    datagramsAndFrames: commands.reduce((sum, { sends }) => sum + sends.length, 0),
    outcomes: counted(commands.map(outcomeOf)),
    events: counted(decided.map(({ event }) => event.reason)),
    reads: counted(reads.map(({ rcode }) => rcodeToText(rcode))),
    ...refusals,
    stored: evidence.stored.length,
    storedAndLost: lostCommands(evidence, decided).length,
    storedAtRisk: countAtRisk(evidence),
    faults: summariesOf(faults, new Hits(commands, (id) => expired.has(id))),
    firstReSends: firstReSends(commands, faults, evidence.edgeStarts),
    ...{ weather, transfers, weaknesses: weaknessesOf(beside, refusals) },
    notRecovered: faults.filter(({ recoveredMs }) => recoveredMs === undefined),
    withoutSuccess: gaps(answers.filter(({ rcode }) => rcode === Rcode.NOERROR).map(({ at }) => at)),
    servfail: runs(answers.filter(({ rcode }) => rcode === Rcode.SERVFAIL).map(({ at }) => at)),
    violations,
  }
}

/** For people. */
export function reportText(report: Report): string {
  const lines = [
    `seed ${report.seed}: ${report.updates} updates in ${report.datagramsAndFrames} messages, ${report.seconds.toFixed(0)} s, ${report.faults.reduce((sum, { count }) => sum + count, 0)} faults`,
    `outcomes   ${pairs(report.outcomes)}`,
    `events     ${pairs(report.events)}`,
    `read back  ${pairs(report.reads)}`,
    `refused by one edge and applied through another: ${report.appliedThroughAnotherEdge}`,
    `refused by an edge in the place of one that had accepted it: ${report.appliedByAnEarlierEdge}`,
    `refused by an edge while there was no fault: ${report.refusedWithoutFault} of ${report.sentWithoutFault} that were sent then`,
    `commands seen in the stream: ${report.stored}, without an event: ${report.storedAndLost}; ${report.storedAtRisk} of them when they might be lost`,
    `no update succeeded for more than 1 s: ${windows(report.withoutSuccess)}`,
    `SERVFAIL for more than 1 s: ${windows(report.servfail)}`,
    `datagrams  ${pairs(report.weather)}`,
    `IXFR       ${pairs(report.transfers)}`,
    `first re-sends of a killed edge's clients to another edge: ${reSends(report.firstReSends)}`,
    '',
    ...summaryLines(report.faults),
    ...report.notRecovered.map(
      ({ kind, what, at }) => `NOT RECOVERED: ${kind} (${what}) at ${at.toFixed(0)} ms`,
    ),
    ...report.weaknesses.map((weakness) => `WEAK: ${weakness}`),
    '',
    report.violations.length === 0 ? 'no promise was broken' : `${report.violations.length} VIOLATIONS`,
    ...report.violations.slice(0, 20).flatMap(violationLines),
  ]
  return lines.join('\n')
}

function violationLines({ promise, what, zone, command, event, story }: Violation): string[] {
  const where = [zone, command && `command ${command}`, event && `event ${event}`].filter(Boolean).join(', ')
  return [`${promise} ${what} (${where})`, ...story.map((line) => `     ${line}`)]
}

function outcomeOf({ answers }: CommandStory): string {
  return answers[0] === undefined ? 'silence' : rcodeToText(answers[0].rcode)
}

function counted(values: readonly string[]): Record<string, number> {
  const groups = [...Map.groupBy(values, (value) => value)].map(
    ([value, all]) => [value, all.length] as const,
  )
  return Object.fromEntries(groups.sort(([, one], [, other]) => other - one))
}

/** Fewer transfers say nothing. */
const LEAST_TRANSFERS = 50

/** Secondaries that get a whole zone each time say nothing of increments. An edge that refuses what it could accept breaks no promise, but is of no use. */
function weaknessesOf(
  { transfers: { incremental, whole }, natsStartedAgain, failedStarts, failure }: Counted,
  { refusedWithoutFault, firstWithoutFault }: Refusals,
): string[] {
  const weaknesses = [...(failure === undefined ? [] : [failure]), ...failedStarts]
  if (incremental + whole >= LEAST_TRANSFERS && incremental <= whole)
    weaknesses.push(`the secondaries got ${whole} whole zones and only ${incremental} increments`)
  if (refusedWithoutFault > 0)
    weaknesses.push(
      `edges refused ${refusedWithoutFault} updates while there was no fault; ${firstWithoutFault.join('; ')}`,
    )
  if (natsStartedAgain.length > 0)
    weaknesses.push(
      `servers of NATS had to be started again, as they did not follow their cluster: ${natsStartedAgain.join(', ')}`,
    )
  return weaknesses
}

function gaps(times: readonly number[]): Windows {
  const sorted = times.toSorted((one, other) => one - other)
  return windowsOf(sorted.slice(1).map((at, index) => at - sorted[index]!))
}

function runs(times: readonly number[]): Windows {
  const lengths: number[] = []
  let from = Number.NaN
  let to = Number.NaN
  for (const at of times.toSorted((one, other) => one - other)) {
    if (at - to <= WINDOW_MS) to = at
    else {
      lengths.push(to - from)
      from = at
      to = at
    }
  }
  return windowsOf([...lengths, to - from])
}

function windowsOf(lengths: readonly number[]): Windows {
  const long = lengths.filter((length) => length > WINDOW_MS)
  return {
    count: long.length,
    longestMs: long.reduce((most, length) => Math.max(most, length), 0),
    totalMs: long.reduce((sum, length) => sum + length, 0),
  }
}

function windows({ count, longestMs, totalMs }: Windows): string {
  if (count === 0) return 'never'
  return `${count} times, at most ${(longestMs / 1_000).toFixed(1)} s, ${(totalMs / 1_000).toFixed(1)} s in all`
}

function pairs(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

function reSends({ sent, served, servfail, silent }: FirstReSends): string {
  return `${served} of ${sent} served by it (${servfail} SERVFAIL, ${silent} not answered in time, also where a datagram was lost)`
}
