import { createHash } from 'node:crypto'
import { Type } from '../../../../shared/dns/codes.ts'
import { canonicalName, type Name, parseName } from '../../../../shared/dns/name.ts'
import { basicClaim, bearerClaim } from '../credentials/claim.ts'
import type { Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { jsonAnswer, readObject, sentenceOf, statusOf } from '../json-form.ts'
import { judgeName } from '../judge-name.ts'
import { type HttpRequest, LONGEST_FORM } from '../server/http-request.ts'
import { add, deleteRecord } from '../submit/zone-update.ts'
import { txtRdata } from './txt-value.ts'

/** lego's provider `httpreq`: one TXT value is put in, or taken away, for a challenge of ACME. Its mode RAW too. */
export const httpreq: Form = {
  name: 'httpreq',
  takes: ({ method, path }) => method === 'POST' && actionIn(path) !== undefined,
  readsBody: true,
  answer: async (request, services) => {
    const signedIn = services.signIn(request, basicClaim(request) ?? bearerClaim(request))
    if (!signedIn.ok) return notSignedIn(signedIn)
    const challenge = readChallenge(await request.body(LONGEST_FORM))
    if (challenge === undefined)
      return refuse(services, request, 400, 'http-malformed', 'no fqdn and value, and no domain and keyAuth')
    return await change(challenge, actionIn(request.path)!, { request, services, who: signedIn.who })
  },
}

/** Below whatever path the client was given as the endpoint. */
function actionIn(path: string): 'present' | 'cleanup' | undefined {
  return /\/(present|cleanup)$/.exec(path)?.[1] as 'present' | 'cleanup' | undefined
}

interface Challenge {
  readonly name: Name
  readonly value: string
}

const LONGEST_VALUE = 1_024

/** `fqdn` and `value`; or in the mode RAW `domain` and `keyAuth`, of which the value is made as RFC 8555 §8.4 says. */
function readChallenge(body: Uint8Array): Challenge | undefined {
  const { fqdn, value, domain, keyAuth } = readObject(body) ?? {}
  if (typeof fqdn === 'string' && typeof value === 'string') return challengeOf(fqdn, value)
  if (typeof domain !== 'string' || typeof keyAuth !== 'string') return undefined
  const digest = createHash('sha256').update(keyAuth).digest('base64url')
  return challengeOf(`_acme-challenge.${domain.replace(/^\*\./, '')}`, digest)
}

function challengeOf(fqdn: string, value: string): Challenge | undefined {
  const name = parseName(fqdn)
  if (!name.ok || value === '' || value.length > LONGEST_VALUE) return undefined
  return { name: canonicalName(name.value), value }
}

type Asking = {
  readonly request: HttpRequest
  readonly services: FormServices
  readonly who: Parameters<typeof judgeName>[2]
}

async function change(
  { name, value }: Challenge,
  action: 'present' | 'cleanup',
  { request, services, who }: Asking,
): Promise<FormAnswer> {
  const { from } = request
  const rdata = txtRdata(value)
  const target = { type: Type.TXT, isDeletion: action === 'cleanup', values: () => [rdata] }
  const judged = judgeName(name, [target], who, from.address, (zone) => services.zoneFor(zone))
  if (!judged.ok) return refuse(services, request, 403, judged.reason, judged.detail, name)
  const zone = await services.contents(judged.zone)
  const updates =
    action === 'present'
      ? [add(name, Type.TXT, zone?.at(name)?.get(Type.TXT)?.ttl ?? services.settings.ttl, rdata)]
      : [deleteRecord(name, Type.TXT, rdata)]
  const update = { zone: judged.zone, prerequisites: [], updates }
  const settled = await services.submit(update, { who, from, form: httpreq.name })
  const { status, word } = statusOf(settled)
  return jsonAnswer(status, word, status === 200 ? {} : { error: sentenceOf(settled) })
}

function refuse(
  services: FormServices,
  { from }: HttpRequest,
  status: number,
  reason: Parameters<FormServices['refuse']>[1]['reason'],
  detail: string,
  zone = '',
): FormAnswer {
  services.refuse(from.address, { reason, detail, zone })
  return jsonAnswer(status, status === 400 ? 'malformed' : 'refused', { error: reason })
}

/** As a browser or a client of HTTP knows it: the challenge of Basic authentication, or how long to wait. */
export function notSignedIn(
  failed: Exclude<ReturnType<FormServices['signIn']>, { ok: true }>,
  error = 'forbidden',
): FormAnswer {
  if (failed.why === 'locked-out')
    return jsonAnswer(429, 'locked out', { error }, { 'retry-after': String(failed.waitSeconds) })
  return jsonAnswer(401, 'bad auth', { error }, { 'www-authenticate': 'Basic realm="zonelog"' })
}
