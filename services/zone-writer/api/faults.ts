import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../../../shared/log.ts'
import { SecretError } from '../../../shared/secrets/sealed.ts'
import { type Problem, problem, sendProblem } from './problem.ts'
import { BodyStalled } from './stalls.ts'
import { Gone, LineTooLong, RETRY_AFTER_S } from './turns.ts'

/** Answers whatever a route threw or fastify refused; nothing of a fault's inside leaves but to the log. */
export function answerFault(log: Logger) {
  return async (error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (error instanceof Gone) return reply.hijack()
    const answer = problemOf(error)
    if (answer.status === 500)
      log.error({ error, method: request.method, url: request.url }, 'API request failed')
    if (error instanceof LineTooLong) reply.header('retry-after', RETRY_AFTER_S)
    // the rest of the body is not waited for
    if (error instanceof BodyStalled) reply.header('connection', 'close')
    return await sendProblem(reply, answer)
  }
}

function problemOf(error: FastifyError): Problem {
  if (error.validation !== undefined) {
    const errors = error.validation.map(({ instancePath, message, params }) => {
      const extra = params.additionalProperty === undefined ? '' : ` ('${params.additionalProperty}')`
      return { message: `${instancePath.slice(1) || error.validationContext}: ${message}${extra}` }
    })
    return problem(400, 'bad-request', 'The request is not of the form that this address takes.', errors)
  }
  if (error instanceof LineTooLong)
    return problem(
      503,
      'too-busy',
      `Too many wait for such an answer already; try again in ${RETRY_AFTER_S} s.`,
    )
  if (error instanceof BodyStalled)
    return problem(
      408,
      'body-stalled',
      `Too little of the body came in ${error.seconds} s, so nothing was changed; send it again, over a faster line.`,
    )
  if (error.statusCode === 413)
    return problem(413, 'too-large', 'The body is larger than this address takes; split it, or send less.')
  if (error.statusCode === 415)
    return problem(
      415,
      'unsupported-media-type',
      'Send JSON, with the header Content-Type: application/json.',
    )
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return problem(error.statusCode, 'bad-request', error.message)
  // what a writer lacks that was not there when its secrets were sealed anew
  if (error instanceof SecretError) return problem(503, 'master-key-missing', `${error.message}.`)
  if (isUnreachable(error))
    return problem(503, 'database-unavailable', 'Postgres does not answer now; try again in a few seconds.')
  return problem(500, 'fault', 'This is a fault of zonelog; its log says more.')
}

// SQLSTATE 08: connection exception; 57P01 to 57P03: shut down, crashed, starting up; 53300: too many connections
const UNREACHABLE =
  /^(08...|57P0[123]|53300|ECONN(REFUSED|RESET)|EPIPE|ETIMEDOUT|EHOSTUNREACH|EOPENBREAKER|ENOTFOUND)$/

function isUnreachable(error: { code?: unknown; message?: unknown }): boolean {
  return (
    UNREACHABLE.test(String(error.code)) ||
    /Connection terminated|timeout exceeded when trying to connect/.test(String(error.message))
  )
}
