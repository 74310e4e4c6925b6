import type { ClockOffset } from '../../shared/clock-offset.ts'
import type { PeerDetails } from '../../shared/messaging/presence.ts'
import { RESEND_WINDOW_MS } from '../../shared/time-limits.ts'
import type { Finding } from './finding.ts'

/** A clock that NTP sets is right by far less. */
const MOST_APART_MS = 1_000
/** What most clients allow between their clock and an edge's, when they sign (RFC 8945 §10). */
const SIGNATURE_MS = 300_000

const area = 'clock'
const MEND =
  'set the clocks by NTP on every machine, and see whether that works: chronyc tracking, or timedatectl timesync-status'

const KINDS = ['this machine', 'Postgres', 'nats-server', 'edge', 'writer'] as const

export interface Clock extends ClockOffset {
  readonly kind: (typeof KINDS)[number]
  readonly of: string
}

const OURS: Clock = { kind: 'this machine', of: 'this machine', aheadMs: 0, uncertainMs: 0 }

export function clocksOf(peers: readonly PeerDetails[]): Clock[] {
  return peers.flatMap(({ role, id, clock }) =>
    clock === undefined ? [] : [{ kind: role, of: `${role} ${id}`, ...clock }],
  )
}

/** What goes wrong when one clock is further ahead of another than that: docs/promises.md, Clocks. */
interface Rule {
  readonly concerns: (slow: Clock, fast: Clock) => boolean
  readonly mostMs: number
  readonly harm: string
}

/** Of any two, whose difference no other rule has told of. */
const ANY_TWO: Rule = {
  concerns: () => true,
  mostMs: RESEND_WINDOW_MS,
  harm: 'times in history, of keys, leases and logs do not fit together',
}

/** `deadlineMs` is that of a command. */
function rulesFor(deadlineMs: number): Rule[] {
  return [
    {
      concerns: (slow, fast) => slow.kind === 'edge' && fast.kind === 'writer',
      mostMs: deadlineMs,
      harm: 'updates through that edge are past their deadline when they are decided, so they are not applied, and get silence',
    },
    {
      concerns: (slow, fast) => slow.kind === 'writer' && fast.kind === 'edge',
      mostMs: deadlineMs,
      harm: 'updates through that edge may be applied when their senders no longer wait',
    },
    {
      concerns: (slow, fast) => slow.kind === 'nats-server' && fast.kind === 'nats-server',
      mostMs: RESEND_WINDOW_MS,
      harm: 'when one of them takes the lead of the stream of commands from the other, a re-send becomes another update',
    },
    {
      concerns: (slow, fast) => slow.kind === 'edge' || fast.kind === 'edge',
      mostMs: SIGNATURE_MS,
      harm: 'signed updates through an edge whose clock is wrong get NOTAUTH (BADTIME)',
    },
  ]
}

/** Compares all clocks with each other, this machine's among them. What may be the time that answers took is held for nothing. */
export function judgeClocks(others: readonly Clock[], deadlineMs: number): Finding[] {
  if (others.length === 0)
    return [{ area, verdict: 'skipped', found: 'no other clock could be asked to compare with' }]
  const clocks = [OURS, ...others]
  const pairs = clocks.flatMap((slow) =>
    clocks.filter((fast) => leastApart(slow, fast) > MOST_APART_MS).map((fast) => ({ slow, fast })),
  )
  if (pairs.length === 0) return [agreement(clocks)]
  const rules = rulesFor(deadlineMs)
  const broken = rules.flatMap((rule) => worst(pairs, rule))
  const told = new Set(broken.flatMap(({ slow, fast }) => [slow, fast]))
  broken.push(
    ...worst(
      pairs.filter(({ slow, fast }) => !told.has(slow) && !told.has(fast)),
      ANY_TWO,
    ),
  )
  if (broken.length === 0) return [warning(farthest(pairs), rules)]
  return broken.map((pair) => ({
    area,
    verdict: 'wrong',
    found: `${apart(pair)}: ${pair.harm}`,
    mend: MEND,
  }))
}

interface Pair {
  readonly slow: Clock
  readonly fast: Clock
}

/** The two that break it most, if any do. */
function worst(pairs: readonly Pair[], { concerns, mostMs, harm }: Rule): (Pair & Pick<Rule, 'harm'>)[] {
  const concerned = pairs.filter(({ slow, fast }) => concerns(slow, fast) && leastApart(slow, fast) > mostMs)
  return concerned.length === 0 ? [] : [{ ...farthest(concerned), harm }]
}

function warning(pair: Pair, rules: readonly Rule[]): Finding {
  const { mostMs, harm } = rules.find(({ concerns }) => concerns(pair.slow, pair.fast)) ?? ANY_TWO
  const found = `${apart(pair)}. From ${mostMs / 1_000} s on, ${harm}`
  return { area, verdict: 'warning', found, mend: MEND }
}

function agreement(clocks: readonly Clock[]): Finding {
  const most = Math.max(...clocks.map(({ aheadMs, uncertainMs }) => aheadMs + uncertainMs))
  const least = Math.min(...clocks.map(({ aheadMs, uncertainMs }) => aheadMs - uncertainMs))
  const kinds = KINDS.filter((kind) => clocks.some((clock) => clock.kind === kind)).join(', ')
  const found = `${clocks.length} clocks agree within ${Math.ceil(most - least)} ms (${kinds})`
  return { area, verdict: 'ok', found }
}

/** In ms, however long their answers were under way. */
function leastApart(slow: Clock, fast: Clock): number {
  return fast.aheadMs - fast.uncertainMs - (slow.aheadMs + slow.uncertainMs)
}

function farthest(pairs: readonly Pair[]): Pair {
  return pairs.reduce((most, pair) =>
    leastApart(pair.slow, pair.fast) > leastApart(most.slow, most.fast) ? pair : most,
  )
}

function apart({ slow, fast }: Pair): string {
  return `${fast.of} is ${((fast.aheadMs - slow.aheadMs) / 1_000).toFixed(1)} s ahead of ${slow.of}`
}
