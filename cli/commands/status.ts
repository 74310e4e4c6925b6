import type { StatusJson } from '../../services/zone-writer/api/routes/status.ts'
import type { EdgeLag, Peer } from '../../shared/messaging/presence.ts'
import type { Command } from '../command.ts'
import { printFacts } from '../table.ts'

export const status: Command = {
  words: 'status',
  summary: 'What runs, and how it is',
  examples: ['zonelog status', 'zonelog status --json | jq .health'],
  run: async ({ config, api, terminal, json }) => {
    const now = await api.get<StatusJson>('/status')
    if (json) return terminal.json(now)
    const { health } = now
    const state = terminal.colour(health.status === 'ok' ? 'green' : 'yellow', health.status)
    // a writer of a version before this one does not say
    const problems = (health.problems ?? []).map(({ what, todo }): [string, string] => [
      'problem',
      `${what} → ${todo}`,
    ])
    printFacts(terminal, [
      ['API', config.apiUrl],
      ['status', `${state}${health.ready ? '' : ', not deciding updates now'}`],
      ...problems,
      [
        'Postgres',
        `${health.postgres.answers === false ? terminal.colour('red', 'does not answer') : 'answers'}, breaker ${health.postgres.breaker}`,
      ],
      ['NATS', health.nats.connected ? 'connected' : terminal.colour('red', 'not connected')],
      ['partitions', partitionsText(now)],
      ['zones', String(now.zones)],
      ['events', String(now.events)],
      ['writers', peers(now.writers)],
      // a writer of a version before this one does not say
      ...(now.missing ?? []).map(({ id, state, seenAt }): [string, string] => [
        'missed',
        `${terminal.colour('red', id)} ${state === 'gone' ? 'ended without a word' : 'does not answer over NATS'}, seen last ${seenAt}`,
      ]),
      ['edges', peers(now.edges)],
    ])
  },
}

function partitionsText({ health, partitions = [] }: StatusJson): string {
  const own = `${health.partitions.length} owned by the writer that answered`
  const free = partitions.filter(({ isHeld }) => !isHeld).length
  const waiting = partitions.reduce((sum, { waiting = 0 }) => sum + waiting, 0)
  return `${own}${free === 0 ? '' : `, ${free} by nobody`}${waiting === 0 ? '' : `, ${waiting} updates wait`}`
}

function peers(known: readonly Peer[] | undefined): string {
  if (known === undefined) return 'unknown: NATS does not answer'
  if (known.length === 0) return 'none'
  return known.map(peerText).join(', ')
}

function peerText({ id, listens, version, lag }: Peer): string {
  const at = listens === '' ? '' : ` (${listens})`
  return `${id}${at}${version === undefined ? '' : ` ${version}`}${lag === undefined ? '' : `, ${lagText(lag)}`}`
}

/** Edges are confirmed every few seconds; what is longer ago than this is worth a word. */
const CONFIRMED_OF_LATE_S = 10

function lagText({ events, seconds, unconfirmedSeconds }: EdgeLag): string {
  if (events > 0) return `${events} events behind for ${seconds.toFixed(1)} s`
  return unconfirmedSeconds > CONFIRMED_OF_LATE_S
    ? `not confirmed for ${Math.round(unconfirmedSeconds)} s`
    : 'up to date'
}
