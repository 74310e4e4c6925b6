import { canonicalName, labelsOf, type Name, parseName } from '../../../../shared/dns/name.ts'
import type { Authorized } from '../credentials/check.ts'
import { basicClaim, type Claim, parameterClaim } from '../credentials/claim.ts'
import type { Failure, Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { ADDRESS_NAMES, readChange } from '../hosts/address-params.ts'
import { changeHosts, type HostResult } from '../hosts/change-hosts.ts'
import { hostName, hostsIn, MOST_HOSTS } from '../hosts/host-names.ts'
import { said, statusOf } from '../hosts/host-words.ts'
import { leaseIn } from '../hosts/lease-param.ts'
import { type HttpRequest, withFields } from '../server/http-request.ts'

/**
 * The protocol of DynDNS, version 2, which nearly every router speaks; with what No-IP (`myipv6`) and deSEC (`preserve`, prefixes) added. One
 * line for each host in the order of the request, and a status that tells the same.
 */
export const dyndns2: Form = {
  name: 'dyndns2',
  takes: (request) => isUpdatePath(request.path) || isBare(request),
  readsBody: true,
  answer,
  sayFailure,
}

const HOST_NAMES = ['hostname', 'host', 'hosts', 'host_id', 'domain'] as const

/** `/nic/update`, `/v3/update` and what is made of them. */
function isUpdatePath(path: string): boolean {
  return /^\/(?:nic|v[23]|dyndns2?|ddns)\/(?:update|dyndns)\b/i.test(path)
}

/** As deSEC: any plain path, where parameters or a password show what it is. */
function isBare({ path, params, headers }: HttpRequest): boolean {
  if (!/^\/(?:update(?:\.php|\.html)?|index\.(?:php|html))?$/i.test(path)) return false
  return (
    headers.authorization !== undefined || [...HOST_NAMES, ...ADDRESS_NAMES].some((name) => params.has(name))
  )
}

async function answer(head: HttpRequest, services: FormServices): Promise<FormAnswer> {
  if (head.method !== 'GET' && head.method !== 'POST') return say('badagent', 405, '', { allow: 'GET, POST' })
  const inHead = basicClaim(head)
  // whose password stands in the head is known before anything is read of him
  const request = inHead === undefined ? await withFields(head) : head
  const claim = inHead ?? parameterClaim(request)
  const signedIn = services.signIn(request, claim)
  if (!signedIn.ok)
    return signedIn.why === 'locked-out'
      ? say('abuse', 429, 'http-locked-out', { 'retry-after': String(signedIn.waitSeconds) })
      : say('badauth', 401, 'http-badauth', { 'www-authenticate': 'Basic realm="zonelog", charset="UTF-8"' })
  return await update(inHead === undefined ? request : await withFields(head), signedIn.who, claim!, services)
}

async function update(
  request: HttpRequest,
  who: Authorized,
  claim: Claim,
  services: FormServices,
): Promise<FormAnswer> {
  const { params, from } = request
  const refuse = (word: string, detail: string) => {
    services.refuse(from.address, { reason: 'http-malformed', detail, claimedKey: who.key })
    return say(word, 400, 'http-malformed')
  }
  const own = ownNames(who, claim)
  const given = hostsIn(HOST_NAMES.flatMap((name) => params.getAll(name)))
  if (given.length > MOST_HOSTS) return refuse('numhost', `more than ${MOST_HOSTS} hosts`)
  const hosts = given.length > 0 ? given.map((text) => hostName(text, own)) : implied(params, own)
  if (hosts.length === 0) return refuse('notfqdn', 'no host was named')
  const read = readChange(params, from.address)
  if (!read.ok) return refuse('dnserr', read.detail)
  const lease = leaseIn(params)
  if (lease === 'wrong') return refuse('dnserr', `lease=${params.get('lease')?.slice(0, 60)} is no duration`)
  const asking = { who, from, form: 'dyndns2', ...(lease && { lease }) }
  return sayAll(await changeHosts({ hosts, change: read.change }, asking, services))
}

/** Names that the sender is known by: those of his token, and his user name and key where they are host names. */
function ownNames({ key, token }: Authorized, { user }: Claim): Name[] {
  if (token !== undefined) return token.names.filter((name) => !name.startsWith('*.'))
  const parsed = parseName(user)
  const names = parsed.ok ? [canonicalName(parsed.value), key] : [key]
  return [...new Set(names)].filter((name) => labelsOf(name).length > 1)
}

/** Where a request names no host, as deSEC's clients do and UniFi by mistake: the one name that the sender is known by. */
function implied(params: URLSearchParams, own: readonly Name[]): Name[] {
  const isSilent = HOST_NAMES.every((name) => !params.get(name))
  return isSilent && own.length === 1 ? [...own] : []
}

function sayAll(results: readonly HostResult[]): FormAnswer {
  const all = results.map(said)
  const status = statusOf(all)
  const lines = results.map(({ addresses }, at) => [all[at]!.word, addresses.join(',')].join(' ').trim())
  const failed = results.find(({ what }) => what === 'refused' || what === 'unknown')
  return {
    status,
    word: all.find((one) => one.status === status)?.word ?? all[0]!.word,
    body: `${lines.join('\n')}\n`,
    headers: {
      ...(failed === undefined ? {} : why(failed.reason, failed.reference)),
      ...(status === 429 || status === 503 ? { 'retry-after': status === 429 ? '60' : '10' } : {}),
    },
  }
}

function say(
  word: string,
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): FormAnswer {
  return { status, word, body: `${word}\n`, headers: { ...why(reason, ''), ...headers } }
}

/** The reason code for people who look at headers; bodies hold nothing but the words that clients know. */
function why(reason: string, reference: string): Record<string, string> {
  if (reason === '') return {}
  return { 'zonelog-reason': reference === '' ? reason : `${reason}; ${reference}` }
}

const FAILURES: Readonly<Record<Failure, FormAnswer>> = {
  stopping: say('911', 503, '', { 'retry-after': '5' }),
  'too-many': say('abuse', 429, 'http-too-many', { 'retry-after': '60' }),
  'too-large': say('numhost', 413, 'http-malformed'),
  fault: say('911', 500, ''),
}

function sayFailure(failure: Failure): FormAnswer {
  return FAILURES[failure]
}
