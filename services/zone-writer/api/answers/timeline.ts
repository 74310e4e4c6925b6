import type { Timeline } from '../../admin/read-timeline.ts'
import { answerOf, count, flag, listOf, text, time } from '../openapi/schema.ts'

const counted = answerOf<Timeline['counts'][number]>(
  'CountedEvents',
  {
    bucket: count('From 0.'),
    applied: count('Changed contents.'),
    unchanged: count('Answered NOERROR, and nothing was different.'),
    refused: count(),
  },
  {},
)

export const timeline = answerOf<Timeline>(
  'Timeline',
  {
    zone: text(),
    from: time(),
    to: time(),
    buckets: count('Parts of equal length that the time is divided into; not more than were asked for.'),
    first: count('Number of the first event of that time.'),
    last: count(),
    cut: flag('Whether events of that time are not counted yet, since its history is being derived.'),
    counts: listOf(counted, 'Parts without an event are left out.'),
  },
  {},
)
