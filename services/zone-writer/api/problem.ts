import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { Failure, FailureCode, FailureDetail } from '../admin/failure.ts'

/** RFC 9457; `code` is stable and repeated in `type`, `detail` says what to do. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors?: readonly FailureDetail[]
  /** Of an update that was refused: as its event says it. */
  readonly rcode?: string
  readonly reason?: string
}

export const STATUS: Readonly<Record<FailureCode, number>> = {
  'bad-name': 400,
  'bad-key': 400,
  'bad-update-token': 400,
  'update-token-exists': 409,
  'update-token-not-found': 404,
  'bad-zone-file': 422,
  'bad-rule': 422,
  'bad-transfer': 422,
  'unknown-key': 422,
  'rules-changed': 409,
  'zone-exists': 409,
  'key-exists': 409,
  'key-in-use': 409,
  'master-key-missing': 409,
  'key-not-found': 404,
  'zone-not-found': 404,
  'event-not-found': 404,
  'bad-point': 400,
  'bad-filter': 400,
  'outside-history': 404,
  'history-behind': 503,
  'history-broken': 409,
  'bad-compaction': 409,
  'bad-reason': 400,
  'bad-update': 400,
  'not-explained': 409,
  'bad-import': 422,
  'changed-meanwhile': 409,
  'zone-busy': 503,
  'not-a-zone': 409,
  'too-large': 422,
  'undo-conflicts': 409,
  'bad-lease': 422,
  'lease-not-found': 404,
  'leases-off': 409,
  'serial-changed': 409,
  'prerequisite-failed': 409,
  'update-refused': 422,
  'not-accepted': 503,
  'outcome-unknown': 504,
  'idempotency-key-used': 422,
  'too-many-streams': 429,
  'no-message': 404,
  'role-lacking': 403,
  'zone-lacking': 403,
  'bad-token': 400,
  'token-exists': 409,
  'token-not-found': 404,
}

export function problem(
  status: number,
  code: string,
  detail: string,
  errors: readonly FailureDetail[] = [],
): Problem {
  const title = STATUS_CODES[status] ?? 'Error'
  const type = `urn:zonelog:problem:${code}`
  return { type, title, status, code, detail, ...(errors.length === 0 ? {} : { errors }) }
}

export async function sendProblem(reply: FastifyReply, answer: Problem): Promise<FastifyReply> {
  return await reply
    .code(answer.status)
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(answer))
}

export function problemOf(found: Failure): Problem {
  return { ...problem(STATUS[found.code], found.code, found.message, found.details), ...found.verdict }
}

export async function sendFailure(reply: FastifyReply, found: Failure): Promise<FastifyReply> {
  // what is near in name may be what a token may not see
  const { access } = reply.request
  const isLimited = access?.zones !== undefined && found.code.endsWith('not-found')
  return await sendProblem(
    reply,
    problemOf(isLimited ? { ...found, message: found.message.replace(/;.*/s, '.') } : found),
  )
}
