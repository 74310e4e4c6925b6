import type { Problem } from '../../../../shared/health.ts'
import type { MinuteActivity } from '../../../../shared/messaging/activity.ts'
import type { EdgeLag, Peer } from '../../../../shared/messaging/presence.ts'
import { answerOf, count, flag, listOf, named, oneOf, text } from '../openapi/schema.ts'
import type { StatusJson } from '../routes/status.ts'

const lag = answerOf<EdgeLag>(
  'EdgeLag',
  {
    events: count('Events known to be lacking, of all zones.'),
    seconds: { type: 'number', description: 'How long the oldest of them has been known.' },
    unconfirmedSeconds: { type: 'number' },
  },
  {},
)

export const minute = answerOf<MinuteActivity>(
  'MinuteActivity',
  {
    at: count('When the minute began, in ms since the epoch.'),
    applied: count(),
    unchanged: count('Accepted, and the zone was so already.'),
    refused: count(),
  },
  {},
)

export const peer = answerOf<Peer>(
  'Peer',
  { role: oneOf(['edge', 'writer']), id: text(), listens: text() },
  { lag, version: text(), activity: listOf(minute, 'What a writer decided in the last hour.') },
)

const problem = answerOf<Problem>('HealthProblem', { what: text(), todo: text() }, {})

const health = named('WriterHealth', {
  type: 'object',
  required: ['status', 'live', 'ready', 'accepting', 'problems', 'postgres', 'nats', 'partitions'],
  properties: {
    status: oneOf(['starting', 'ok', 'degraded']),
    live: flag('False when only a restart can help.'),
    ready: flag('Whether updates are being decided now.'),
    accepting: flag('Whether updates are taken now.'),
    problems: listOf(problem),
    postgres: { type: 'object', properties: { breaker: text(), answers: flag() } },
    nats: { type: 'object', properties: { connected: flag() } },
    partitions: listOf(count()),
  },
})

export const status = answerOf<StatusJson>(
  'Status',
  { zones: count(), events: count(), health },
  { writers: listOf(peer), edges: listOf(peer) },
)
