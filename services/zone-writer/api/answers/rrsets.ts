import type { RRsetJson, RRsetPage } from '../../admin/list-rrsets.ts'
import { answerOf, count, listOf, text } from '../openapi/schema.ts'

export const rrset = answerOf<RRsetJson>(
  'RRset',
  {
    name: text('With the final dot, as it was first given.'),
    type: text('Such as A, or TYPE65280.'),
    ttl: count('Seconds.'),
    values: listOf(text(), 'RDATA as in a zone file.'),
  },
  {},
)

export const rrsetPage = answerOf<RRsetPage>(
  'RRsetPage',
  {
    zone: text(),
    serial: count('Where the zone stood when the page was read.'),
    seq: count('The number of its newest event then.'),
    rrsets: listOf(rrset),
  },
  {
    next: text('`after` of the page that follows; not there on the last.'),
    previous: text('`upTo` of the page before, read backwards; not there on the first.'),
  },
)
