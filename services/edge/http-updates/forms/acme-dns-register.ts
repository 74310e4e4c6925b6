import { labelsOf } from '../../../../shared/dns/name.ts'
import { MOST_RANGES } from '../../../../shared/messaging/account-service.ts'
import { parseRange } from '../../../../shared/rules/address-range.ts'
import type { NotRegistered, Registrar } from '../accounts/registrar.ts'
import type { FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { jsonAnswer, readObject } from '../json-form.ts'
import { type HttpRequest, LONGEST_FORM } from '../server/http-request.ts'

/** What a registration asks for, or acme-dns' word for what is wrong. */
export type Registration =
  | { readonly ok: true; readonly allowFrom: readonly string[] }
  | { readonly ok: false; readonly error: 'malformed_json_payload' | 'invalid_allowfrom_cidr' }

/** Makes an account for whoever asks, where that is turned on. */
export async function answerRegister(request: HttpRequest, services: FormServices): Promise<FormAnswer> {
  const { registrar } = services
  if (registrar === undefined) return notOpen(request, services)
  const { address } = request.from
  const asked = readRegistration(await request.body(LONGEST_FORM))
  if (!asked.ok) {
    services.refuse(address, { reason: 'http-malformed', detail: `a registration: ${asked.error}` })
    return jsonAnswer(400, 'malformed', { error: asked.error })
  }
  return await register(registrar, address, asked.allowFrom, services)
}

/** Strict: of a field that is written otherwise nobody knows whether it was to limit the account. */
export function readRegistration(body: Uint8Array): Registration {
  if (body.length === 0) return { ok: true, allowFrom: [] }
  const fields = readObject(body)
  if (fields === undefined || Object.keys(fields).some((field) => field !== 'allowfrom'))
    return { ok: false, error: 'malformed_json_payload' }
  const given = fields.allowfrom ?? []
  if (!Array.isArray(given) || !given.every((range) => typeof range === 'string'))
    return { ok: false, error: 'malformed_json_payload' }
  // as acme-dns: IPv6 may stand in brackets, and a single address needs its length too
  const allowFrom = given.map((range: string) => range.replaceAll(/[[\]]/g, '').toLowerCase())
  const isEach = allowFrom.every((range) => range.includes('/') && parseRange(range).ok)
  if (!isEach || allowFrom.length > MOST_RANGES) return { ok: false, error: 'invalid_allowfrom_cidr' }
  return { ok: true, allowFrom }
}

/** Nobody gets an account unasked: whoever may make tokens makes them. */
function notOpen({ from }: HttpRequest, services: FormServices): FormAnswer {
  services.refuse(from.address, {
    reason: 'http-registration',
    detail: 'ZONELOG_ACME_DNS_ZONE is not set at this edge; `zonelog update-token create` makes accounts',
  })
  return jsonAnswer(403, 'not open', { error: 'registration_disabled' })
}

async function register(
  registrar: Registrar,
  address: string,
  allowfrom: readonly string[],
  services: FormServices,
): Promise<FormAnswer> {
  const account = await registrar.register(address, allowfrom)
  if (typeof account === 'string') {
    const { status, error, detail } = FAILURES[account]
    services.refuse(address, { reason: 'http-registration', detail })
    if (status === 429) return jsonAnswer(status, 'too many', { error }, { 'retry-after': '3600' })
    return jsonAnswer(status, 'not registered', { error })
  }
  const { user: username, password, name } = account
  const said = { username, password, fulldomain: name.slice(0, -1), subdomain: labelsOf(name)[0], allowfrom }
  return jsonAnswer(201, 'registered', said, { 'cache-control': 'no-store' })
}

const SETTINGS_DIFFER =
  'compare ZONELOG_ACME_DNS_ZONE and ZONELOG_ACME_DNS_KEY of the writers with what there is'

const FAILURES: Record<NotRegistered, { status: number; error: string; detail: string }> = {
  off: failed('registration_unavailable', 'ZONELOG_ACME_DNS_ZONE is not set at the writers'),
  'no-zone': failed('registration_unavailable', `the zone is not there: ${SETTINGS_DIFFER}`),
  'no-key': failed('registration_unavailable', `the key is not there or has ended: ${SETTINGS_DIFFER}`),
  full: failed('registration_full', 'there are as many accounts as ZONELOG_ACME_DNS_ACCOUNTS allows'),
  'too-many': {
    status: 429,
    error: 'too_many_registrations',
    detail: 'this network has registered as often in the last hour as one may',
  },
  busy: failed('try_again', 'the writer has other registrations under way'),
  failed: failed('registration_failed', 'a fault at the writer, which has logged it'),
  'no-writer': failed('try_again', 'no writer is there'),
  unknown: {
    status: 504,
    error: 'outcome_unknown',
    detail: 'no writer said what became of it; an account that nobody knows may have been made',
  },
  'not-here': failed(
    'try_again',
    'the account was made, and did not come to this edge; nobody knows its password',
  ),
}

function failed(error: string, detail: string) {
  return { status: 503, error, detail }
}
