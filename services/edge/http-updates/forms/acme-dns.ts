import { Type } from '../../../../shared/dns/codes.ts'
import { canonicalName, labelsOf, type Name, parseName } from '../../../../shared/dns/name.ts'
import { rdataEqual } from '../../../../shared/dns/rdata.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { Settled } from '../../update/resends.ts'
import type { Authorized } from '../credentials/check.ts'
import type { Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { jsonAnswer, readObject, sentenceOf, statusOf } from '../json-form.ts'
import { judgeName } from '../judge-name.ts'
import { type HttpRequest, LONGEST_FORM } from '../server/http-request.ts'
import { add, deleteRecord, mustBe, mustNotExist, type ZoneUpdate } from '../submit/zone-update.ts'
import { answerRegister } from './acme-dns-register.ts'
import { notSignedIn } from './httpreq.ts'
import { txtRdata } from './txt-value.ts'

/**
 * The API of acme-dns, to which `_acme-challenge` names are delegated by CNAME. An account is a token of a key that is for one name: its first
 * label is the subdomain. The two newest TXT values are kept, as a certificate for a name and its wildcard needs both at once.
 */
export const acmeDns: Form = {
  name: 'acme-dns',
  takes: ({ method, path, headers }) =>
    (path === '/health' && method === 'GET') ||
    (method === 'POST' &&
      (path === '/register' || (path === '/update' && headers['x-api-key'] !== undefined))),
  readsBody: true,
  answer: async (request, services) => {
    if (request.path === '/health') return { status: 200, word: 'health', body: '' }
    if (request.path === '/register') return await answerRegister(request, services)
    return await answerUpdate(request, services)
  },
}

async function answerUpdate(request: HttpRequest, services: FormServices): Promise<FormAnswer> {
  const [user, key] = [headerOf(request, 'x-api-user'), headerOf(request, 'x-api-key')]
  const signedIn = services.signIn(request, { user: user ?? '', password: key ?? '' })
  if (!signedIn.ok) return notSignedIn(signedIn)
  const body = readObject(await request.body(LONGEST_FORM))
  if (body === undefined)
    return refuse(request, services, 'malformed_json_payload', 'the body is no JSON object')
  const { subdomain, txt } = body
  const name = typeof subdomain === 'string' ? nameFor(subdomain, signedIn.who) : undefined
  if (name === undefined)
    return refuse(request, services, 'bad_subdomain', 'the subdomain is none that the token is for')
  if (typeof txt !== 'string' || !/^[\w-]{43}$/.test(txt))
    return refuse(request, services, 'bad_txt', 'the TXT value is not a digest of 43 characters', name)
  return await put(name, txt, { request, services, who: signedIn.who })
}

function headerOf({ headers }: HttpRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** The name whose first label it is, or that it is itself; of the key's own secret, which is for all, only the latter. */
function nameFor(subdomain: string, { token }: Authorized): Name | undefined {
  const parsed = parseName(subdomain)
  if (!parsed.ok) return undefined
  const given = canonicalName(parsed.value)
  if (token === undefined) return labelsOf(given).length > 1 ? given : undefined
  return token.names.find((name) => name === given || `${labelsOf(name)[0]}.` === given)
}

interface Asking {
  readonly request: HttpRequest
  readonly services: FormServices
  readonly who: Authorized
}

/** Two clients that come at once: whose view was overtaken looks again. */
const ATTEMPTS = 5

async function put(name: Name, txt: string, asking: Asking): Promise<FormAnswer> {
  const { request, services, who } = asking
  const { from } = request
  const rdata = txtRdata(txt)
  const targets = [true, false].map((isDeletion) => ({ type: Type.TXT, isDeletion, values: () => [rdata] }))
  const judged = judgeName(name, targets, who, from.address, (zone) => services.zoneFor(zone))
  if (!judged.ok) {
    services.refuse(from.address, { reason: judged.reason, detail: judged.detail, zone: name })
    return jsonAnswer(401, 'refused', { error: 'forbidden' })
  }
  let settled: Settled | undefined
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const contents = await services.contents(judged.zone)
    const stored = contents?.at(name)?.get(Type.TXT)
    const update = updateOf(name, rdata, stored, { zone: judged.zone, ttl: services.settings.ttl })
    settled = await services.submit(update, { who, from, form: acmeDns.name })
    if (statusOf(settled).status !== 409) break
  }
  const { status, word } = statusOf(settled)
  if (status === 200) return jsonAnswer(200, word, { txt })
  return jsonAnswer(status === 403 ? 401 : status, word, { error: sentenceOf(settled) })
}

/** Keeps the newest value that is there, which stands last, and the new one. */
function updateOf(
  name: Name,
  rdata: Uint8Array,
  stored: RRset | undefined,
  { zone, ttl }: { zone: ZoneUpdate['zone']; ttl: number },
): ZoneUpdate {
  const others = (stored?.rdata ?? []).filter((value) => !rdataEqual(Type.TXT, value, rdata))
  const gone = others.slice(0, -1)
  return {
    zone,
    // as it was seen, or another client's value would be taken away or one too many stay
    prerequisites:
      stored === undefined ? [mustNotExist(name, Type.TXT)] : mustBe(name, Type.TXT, stored.rdata),
    updates: [
      ...gone.map((value) => deleteRecord(name, Type.TXT, value)),
      add(name, Type.TXT, stored?.ttl ?? ttl, rdata),
    ],
  }
}

function refuse(
  { from }: HttpRequest,
  services: FormServices,
  error: string,
  detail: string,
  zone = '',
): FormAnswer {
  services.refuse(from.address, { reason: 'http-malformed', detail, zone })
  return jsonAnswer(400, 'malformed', { error })
}
