import type { FailureDetail } from '../../admin/failure.ts'
import type { Problem } from '../problem.ts'
import { answerOf, count, listOf, text } from './schema.ts'

const detail = answerOf<FailureDetail>(
  'ProblemDetail',
  { message: text() },
  { line: count('Where in a text that was given, from 1.'), column: count() },
)

export const PROBLEM = answerOf<Problem>(
  'Problem',
  {
    type: text('urn:zonelog:problem:CODE'),
    title: text(),
    status: count('As the status of the answer.'),
    code: text('Stable; programs go by it.'),
    detail: text('A sentence for people: what to do.'),
  },
  {
    rcode: text('Of an update that was refused.'),
    reason: text('Of an update that was refused, as its event says it.'),
    errors: listOf(detail, 'Several faults, each with its place in a text where there is one.'),
  },
)
