import type { Name } from '../../../../shared/dns/name.ts'
import type { Failure, Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { KEEP, REMOVE } from '../hosts/address-change.ts'
import { readChange } from '../hosts/address-params.ts'
import { changeHosts, type HostResult, isDone } from '../hosts/change-hosts.ts'
import { hostName, hostsIn, MOST_HOSTS } from '../hosts/host-names.ts'
import { isUnknown, said, statusOf } from '../hosts/host-words.ts'
import { leaseIn, NO_DURATION } from '../hosts/lease-param.ts'
import { setChallenge } from '../hosts/set-txt.ts'
import type { HttpRequest } from '../server/http-request.ts'
import type { Asking } from '../submit/submit-update.ts'

/**
 * The protocol of DuckDNS: a token, domains, `OK` or `KO`. The token is one of ours, and domains are its hosts, by their first label or
 * whole. Unlike there a `KO` has a status that tells the same, and what nobody knows is `UNKNOWN`.
 */
export const duckdns: Form = {
  name: 'duckdns',
  takes: ({ path, params }) =>
    IN_PATH.test(path) || (path === '/update' && (params.has('domains') || params.has('token'))),
  answer,
  sayFailure,
}

/** `/update/DOMAIN/TOKEN` and perhaps an address. */
const IN_PATH = /^\/update\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/

async function answer(request: HttpRequest, services: FormServices): Promise<FormAnswer> {
  if (request.method !== 'GET' && request.method !== 'POST') return say('KO', 405, { allow: 'GET, POST' })
  const [, inDomain, inPath, address] = IN_PATH.exec(request.path) ?? []
  const params = new URLSearchParams(request.params)
  const domain = inDomain === undefined ? undefined : decoded(inDomain)
  if (inDomain !== undefined && domain === undefined)
    return malformed(request, services, 'the domain in the path is escaped wrongly')
  if (domain !== undefined) params.set('domains', domain)
  if (address !== undefined) params.set('ip', address)
  const token = inPath ?? params.get('token')
  const signedIn = services.signIn(request, token === null ? undefined : { user: '', password: token })
  if (!signedIn.ok)
    return signedIn.why === 'locked-out'
      ? say('KO', 429, { 'retry-after': String(signedIn.waitSeconds) })
      : say('KO', 401)
  const { who } = signedIn
  const texts = hostsIn(params.getAll('domains'))
  const hosts = texts.map((text) => hostName(text.replace(/\.duckdns\.org\.?$/i, ''), who.token?.names ?? []))
  if (hosts.length === 0 || hosts.length > MOST_HOSTS)
    return malformed(request, services, 'no domains, or too many')
  const lease = leaseIn(params)
  if (lease === 'wrong') return malformed(request, services, NO_DURATION)
  const asking = { who, from: request.from, form: 'duckdns', ...(lease && { lease }) }
  const results = params.has('txt')
    ? await changeTxt(hosts, params, asking, services)
    : await changeAddresses(hosts, params, asking, services)
  return typeof results === 'string' ? malformed(request, services, results) : sayAll(results, params)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

async function changeAddresses(
  hosts: readonly (Name | undefined)[],
  params: URLSearchParams,
  asking: Asking,
  services: FormServices,
): Promise<HostResult[] | string> {
  if (isTrue(params.get('clear')))
    return await changeHosts({ hosts, change: { ipv4: REMOVE, ipv6: REMOVE } }, asking, services)
  const read = readChange(addressParams(params), asking.from.address)
  if (!read.ok) return read.detail
  const { ipv4, ipv6 } = read.change
  // there, an IPv6 address has to be given: the one that a connection happens to have is no host's
  const isSilent = !params.get('ip') && !params.get('ipv6')
  const change = isSilent && ipv4.kind === 'keep' ? undefined : { ipv4, ipv6: isSilent ? KEEP : ipv6 }
  if (change === undefined) return 'no address was given, and the sender has none of IPv4'
  return await changeHosts({ hosts, change }, asking, services)
}

/** What is empty was left out. */
function addressParams(params: URLSearchParams): URLSearchParams {
  const given = new URLSearchParams()
  for (const name of ['ip', 'ipv6']) {
    const value = params.get(name)
    if (value) given.set(name, value)
  }
  return given
}

async function changeTxt(
  hosts: readonly (Name | undefined)[],
  params: URLSearchParams,
  asking: Asking,
  services: FormServices,
): Promise<HostResult[] | string> {
  const [host, ...more] = hosts
  if (host === undefined || more.length > 0) return 'txt is set for one domain at a time'
  const value = isTrue(params.get('clear')) ? undefined : (params.get('txt') ?? '')
  return [await setChallenge(host, value, asking, services)]
}

function isTrue(value: string | null): boolean {
  return value?.toLowerCase() === 'true'
}

function sayAll(results: readonly HostResult[], params: URLSearchParams): FormAnswer {
  const status = statusOf(results.map(said))
  const isRight = results.every(isDone)
  if (isUnknown(results)) return say('UNKNOWN', 503)
  if (!isTrue(params.get('verbose'))) return say(isRight ? 'OK' : 'KO', status)
  if (!isRight) return say('KO', status)
  const addresses = results[0]!.addresses
  const changed = results.some(({ what }) => what === 'changed')
  const lines = [
    'OK',
    params.get('txt') ?? addresses.find((address) => !address.includes(':')) ?? '',
    ...(params.has('txt') ? [] : [addresses.find((address) => address.includes(':')) ?? '']),
    changed ? 'UPDATED' : 'NOCHANGE',
  ]
  return { status, word: 'OK', body: lines.join('\n') }
}

function malformed(request: HttpRequest, services: FormServices, detail: string): FormAnswer {
  services.refuse(request.from.address, { reason: 'http-malformed', detail })
  return say('KO', 400)
}

/** Without a final line end, as clients compare it. */
function say(
  word: 'OK' | 'KO' | 'UNKNOWN',
  status: number,
  headers: Readonly<Record<string, string>> = {},
): FormAnswer {
  const all: Record<string, string> = { ...headers }
  if (status === 503) all['retry-after'] ??= '10'
  return { status, word, body: word, headers: all }
}

const STATUS: Readonly<Record<Failure, number>> = {
  stopping: 503,
  'too-many': 429,
  'too-large': 413,
  fault: 500,
}

function sayFailure(failure: Failure): FormAnswer {
  // of a fault nobody knows how far it came
  return say(failure === 'fault' ? 'UNKNOWN' : 'KO', STATUS[failure])
}
