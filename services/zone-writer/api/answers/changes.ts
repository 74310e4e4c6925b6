import type { ChangedRecords } from '../../admin/changes/change-records.ts'
import { answerOf, count, flag, listOf, text } from '../openapi/schema.ts'

const records = listOf(text('As a line of a zone file.'), 'Without the SOA.')

export const changedRecords = answerOf<ChangedRecords>(
  'ChangedRecords',
  {
    zone: text(),
    dryRun: flag(),
    reason: text('applied, or unchanged where the zone already was as asked.'),
    detail: text(),
    serialBefore: count(),
    serial: count('What it would be, after a dry run.'),
    removed: records,
    added: records,
  },
  { eventId: text('Of the event that says so; not there after a dry run.'), seq: count() },
)
