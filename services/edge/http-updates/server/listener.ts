import type { RequestListener, ServerResponse } from 'node:http'
import { type ProxyRange, senderOfRequest } from '../../../../shared/http/client-address.ts'
import type { Logger } from '../../../../shared/log.ts'
import type { EdgeMetrics } from '../../metrics.ts'
import { RateBuckets } from '../../update/rate-buckets.ts'
import { senderOf } from '../../update/update-limits.ts'
import type { Failure, Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { type HttpRequest, readHead, Unreadable, withFields } from './http-request.ts'
import { MOST_PARAMETERS } from './target.ts'

export interface ListenerContext {
  readonly forms: readonly Form[]
  readonly services: FormServices
  readonly metrics: Pick<EdgeMetrics, 'httpUpdate'>
  readonly proxies: readonly ProxyRange[]
  /** Requests of one address. */
  readonly perMinute: number
  readonly log: Logger
  readonly isStopping: () => boolean
}

/** Answers requests for updates. Never throws; a fault of ours is logged, and 500 for the client. */
export function updateListener(context: ListenerContext): RequestListener {
  const buckets = new RateBuckets(() => performance.now())
  const rate = { count: context.perMinute, seconds: 60 }
  return (incoming, response) => {
    // before anything is read that takes time
    const from = senderOfRequest(incoming, context.proxies)
    const isOneTooMany = !buckets.take(senderOf('unsigned', from.address), rate)
    const head = readHead(incoming, from)
    const form = context.forms.find((candidate) => candidate.takes(head))
    if (form === undefined) return send(response, head, isOneTooMany ? sayFailure('too-many') : NOT_FOUND)
    void answer(head, form, isOneTooMany, context).then((said) => {
      context.metrics.httpUpdate(form.name, said.word)
      send(response, head, said)
    })
  }
}

async function answer(
  head: HttpRequest,
  form: Form,
  isOneTooMany: boolean,
  { services, perMinute, log, isStopping }: ListenerContext,
): Promise<FormAnswer> {
  const fail = form.sayFailure ?? sayFailure
  const refuse = (failure: Failure, reason: 'http-too-many' | 'http-malformed', detail: string) => {
    services.refuse(head.from.address, { reason, detail })
    return fail(failure)
  }
  if (isStopping()) return fail('stopping')
  if (isOneTooMany) return refuse('too-many', 'http-too-many', `more than ${perMinute} requests in a minute`)
  if (head.isCut) return refuse('too-large', 'http-malformed', `more than ${MOST_PARAMETERS} parameters`)
  try {
    return await form.answer(form.readsBody ? head : await withFields(head), services)
  } catch (error) {
    if (!(error instanceof Unreadable)) {
      log.error({ error, form: form.name }, 'HTTP update failed')
      return fail('fault')
    }
    if (error.why === 'left') return CLIENT_LEFT
    return refuse('too-large', 'http-malformed', 'the body is too long')
  }
}

/** Nobody hears it. */
const CLIENT_LEFT: FormAnswer = { status: 400, word: 'client left', body: '' }
const NOT_FOUND: FormAnswer = { status: 404, word: 'not found', body: 'not found\n' }

const FAILURES: Record<Failure, Omit<FormAnswer, 'body'>> = {
  stopping: { status: 503, word: 'stopping', headers: { 'retry-after': '5' } },
  'too-many': { status: 429, word: 'too many', headers: { 'retry-after': '60' } },
  'too-large': { status: 413, word: 'too large' },
  fault: { status: 500, word: 'fault' },
}

function sayFailure(failure: Failure): FormAnswer {
  return { ...FAILURES[failure], body: `${FAILURES[failure].word}\n` }
}

function send(
  response: ServerResponse,
  { method }: HttpRequest,
  { status, body, type, headers }: FormAnswer,
) {
  const octets = Buffer.from(body, 'utf8')
  response.writeHead(status, {
    'content-type': type ?? 'text/plain; charset=utf-8',
    'content-length': octets.length,
    ...headers,
    // a body that was not read may still be on its way
    ...(status === 413 ? { connection: 'close' } : {}),
  })
  response.end(method === 'HEAD' ? undefined : octets)
}
