import type { CompactionPlan, NothingToCompact } from '../../admin/compact-plan.ts'
import type { Compacted } from '../../admin/compact-zone.ts'
import type { VerifiedZone, VerifiedZones } from '../../admin/verified-zones.ts'
import type { RebuildProgress, RebuildReport } from '../../history/rebuild/report.ts'
import type { Fault } from '../../history/verify/fault.ts'
import type { Verification } from '../../history/verify/verify-zone.ts'
import type { DifferingRRset } from '../../store/folded-rrsets.ts'
import { PROBLEM } from '../openapi/problem-schema.ts'
import { answerOf, count, flag, listOf, oneOf, text, time } from '../openapi/schema.ts'

export const progress = answerOf<RebuildProgress>(
  'Progress',
  { seq: count('The event that was reached.'), of: count() },
  {},
)

const fault = answerOf<Fault>('HistoryFault', { field: text(), message: text() }, { seq: count() })

export const verification = answerOf<Verification>(
  'Verification',
  {
    schema: { const: 'zonelog.verification/1' },
    zone: text(),
    ok: flag(),
    seq: count(),
    serial: count(),
    hash: text(),
    publicKey: text(),
    checkpoints: count(),
    lastCheckpoint: count(),
    rrsets: count(),
    events: count(),
    redecided: count('Updates that came out the same when they were decided again.'),
    takenAsRecorded: count('Updates whose refusal rests on rules, limits or clocks of that time.'),
    faults: listOf(fault),
  },
  { begins: { type: 'object', description: 'The snapshot that the history begins with.' } },
)

const verifiedZone = answerOf<VerifiedZone>(
  'VerifiedZone',
  {
    zone: text(),
    seq: count('The number of its newest event.'),
    verified: count('The last event that was verified.'),
  },
  {
    again: count('What hashing old events once more has reached; it begins anew when it is through.'),
    lookedAt: time('Not there where it never was.'),
    differs: text('What differs from its history.'),
    differsSince: time('Since when that is known.'),
  },
)

export const verifiedZonePage = answerOf<VerifiedZones>(
  'VerifiedZonePage',
  {
    counts: answerOf<VerifiedZones['counts']>(
      'VerifiedCounts',
      {
        zones: count('Of all pages.'),
        upToDate: count('Verified up to their newest event.'),
        differing: count(),
      },
      {
        leastRecent: time(
          'When the zone that was not looked at for longest was; not there where one never was.',
        ),
      },
    ),
    zones: listOf(verifiedZone),
  },
  { next: text('`after` of the page that follows; not there on the last.') },
)

const checkpoint = {
  seq: count(),
  checkpoint: text('What was signed.'),
  signature: text('Ed25519, base64.'),
}

interface Checkpoint {
  seq: number
  checkpoint: string
  signature: string
}

const publicKey = text('Of the key that signs.')

export const checkpointPage = answerOf<{ publicKey: string; checkpoints: Checkpoint[] }>(
  'Checkpoints',
  { publicKey, checkpoints: listOf(answerOf<Checkpoint>('Checkpoint', checkpoint, {})) },
  {},
)

export const madeCheckpoint = answerOf<Checkpoint & { publicKey: string }>(
  'MadeCheckpoint',
  { publicKey, ...checkpoint },
  {},
)

export const checkpointKey = answerOf<{ publicKey: string; believed: string }>(
  'CheckpointKey',
  { publicKey, believed: text('All public keys that are believed here, with spaces between them.') },
  {},
)

const differing = answerOf<DifferingRRset>(
  'DifferingRRset',
  { owner: text(), type: count(), differs: oneOf(['missing', 'too-many', 'owner', 'ttl', 'rdata']) },
  {},
)

export const rebuildReport = answerOf<RebuildReport>(
  'RebuildReport',
  {
    schema: { const: 'zonelog.rebuild/1' },
    zone: text(),
    seq: count(),
    serial: count(),
    rrsets: count(),
    records: count(),
    same: flag('Whether what is stored is what the events add up to.'),
    differing: count(),
    differences: listOf(differing),
    faults: listOf(fault),
    isHistoryWhole: flag(),
  },
  { putRightBy: count('The event that says that it was put right.') },
)

const plan = answerOf<CompactionPlan>(
  'CompactionPlan',
  {
    zone: text(),
    from: count(),
    upTo: count(),
    hash: text(),
    serial: count(),
    time: time(),
    events: count(),
    octets: count(),
  },
  {},
)

const nothing = answerOf<NothingToCompact>('NothingToCompact', { zone: text(), events: { const: 0 } }, {})

export const compactionPlan = { anyOf: [plan, nothing] }

export const compacted = answerOf<Compacted>(
  'Compacted',
  { zone: text(), upTo: count(), serial: count(), snapshot: text(), seq: count() },
  {},
)

/** The last line, where something fails half-way. */
export const failedStep = answerOf<{ problem: unknown }>('FailedStep', {} as never, { problem: PROBLEM })
