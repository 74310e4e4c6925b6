import type { Problem } from '../../../../shared/health.ts'
import type { MinuteActivity } from '../../../../shared/messaging/activity.ts'
import type { EdgeLag, Peer } from '../../../../shared/messaging/presence.ts'
import type {
  HeldPartition,
  VerifierProgress,
  VerifierRound,
  WriterState,
} from '../../../../shared/messaging/writer-state.ts'
import type { MissingWriter, PartitionState } from '../../presence/all-writers.ts'
import { answerOf, count, flag, listOf, named, oneOf, text, time } from '../openapi/schema.ts'
import type { StatusJson, Versions } from '../routes/status.ts'

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

const problem = answerOf<Problem>('HealthProblem', { what: text(), todo: text() }, {})

const round = answerOf<VerifierRound>(
  'VerifierRound',
  {
    endedAt: count('Ms since the epoch.'),
    ms: count('How long it took, rests included.'),
    zones: count(),
    events: count('Whose hashes were looked at.'),
    rrsets: count('Stored RRsets that were compared with what history adds up to.'),
  },
  {},
)

const verifier = answerOf<VerifierProgress>(
  'VerifierProgress',
  {
    share: count('Percent of its time that this may take; 0: it is off.'),
    zones: count('Of the round that is under way.'),
    looked: count('How many of them were looked at.'),
  },
  { last: round },
)

const writerState = answerOf<WriterState>(
  'WriterState',
  {
    startedAt: count('Ms since the epoch.'),
    breaker: oneOf(['closed', 'half-open', 'open'], 'Its circuit breaker towards Postgres.'),
    problems: listOf(problem),
    partitions: listOf(
      answerOf<HeldPartition>(
        'HeldPartition',
        { partition: count(), since: count('Ms since the epoch.') },
        {},
      ),
    ),
    verifier,
  },
  {},
)

export const peer = answerOf<Peer>(
  'Peer',
  { role: oneOf(['edge', 'writer']), id: text(), listens: text() },
  {
    lag,
    version: text(),
    activity: listOf(minute, 'What a writer decided in the last hour.'),
    writer: writerState,
  },
)

export const missingWriter = answerOf<MissingWriter>(
  'MissingWriter',
  {
    id: text(),
    version: text(),
    listens: text(),
    startedAt: time(),
    seenAt: time(),
    state: oneOf(
      ['gone', 'silent'],
      'gone: it ended without a word; silent: it has Postgres, and does not answer over NATS.',
    ),
  },
  {},
)

const partition = answerOf<PartitionState>(
  'PartitionState',
  { partition: count(), isHeld: flag('Whether some writer works for it.') },
  {
    writer: text('Which; not there where that writer does not say, nor to a token for some zones.'),
    since: time(),
    waiting: count(
      'Commands that are not settled; not there when NATS could not be asked, nor to a token for some zones.',
    ),
  },
)

const versions = answerOf<Versions>('Versions', { writer: text(), postgres: text() }, { nats: text() })

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
  {
    zones: count(),
    events: count(),
    writer: text('The one that answers.'),
    health,
    versions,
    missing: listOf(missingWriter, 'Writers that were here of late and do not answer.'),
    partitions: listOf(partition),
  },
  { writers: listOf(peer), edges: listOf(peer) },
)
