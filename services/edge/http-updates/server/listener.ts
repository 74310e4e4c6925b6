import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Logger } from '../../../../shared/log.ts'
import type { EdgeMetrics } from '../../metrics.ts'
import { RateBuckets } from '../../update/rate-buckets.ts'
import { senderOf } from '../../update/update-limits.ts'
import type { Failure, Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import type { ProxyRange } from './client-address.ts'
import { type HttpRequest, readHead, readWhole } from './http-request.ts'

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
    const head = readHead(incoming, context.proxies)
    const form = context.forms.find((candidate) => candidate.takes(head))
    if (form === undefined) return send(response, head, NOT_FOUND)
    const isOneTooMany = !buckets.take(senderOf('unsigned', head.from.address), rate)
    void answer(incoming, head, form, isOneTooMany, context).then((said) => {
      context.metrics.httpUpdate(form.name, said.word)
      send(response, head, said)
    })
  }
}

async function answer(
  incoming: IncomingMessage,
  head: HttpRequest,
  form: Form,
  isOneTooMany: boolean,
  { services, perMinute, log, isStopping }: ListenerContext,
): Promise<FormAnswer> {
  const fail = form.sayFailure ?? sayFailure
  if (isStopping()) return fail('stopping')
  if (isOneTooMany) {
    const detail = `more than ${perMinute} requests in a minute`
    services.refuse(head.from.address, { reason: 'http-too-many', detail })
    return fail('too-many')
  }
  try {
    const request = await readWhole(incoming, head)
    if (request !== undefined) return await form.answer(request, services)
    services.refuse(head.from.address, { reason: 'http-malformed', detail: 'the body is too long' })
    return fail('too-large')
  } catch (error) {
    log.error({ error, form: form.name }, 'HTTP update failed')
    return fail('fault')
  }
}

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
