import type { Name } from '../../../../shared/dns/name.ts'
import type { Failure, Form, FormAnswer } from '../form.ts'
import type { FormServices } from '../form-services.ts'
import { ADDRESS_NAMES, readChange } from '../hosts/address-params.ts'
import { changeHosts, type HostResult, isDone } from '../hosts/change-hosts.ts'
import { isUnknown, said, statusOf } from '../hosts/host-words.ts'
import { leaseIn, NO_DURATION } from '../hosts/lease-param.ts'
import type { HttpRequest } from '../server/http-request.ts'

/**
 * The update URLs of FreeDNS (afraid.org): whoever has one may change the hosts that it is for, which are those of the token in it. Not being a
 * change is called an error there, which its clients know; the status says 200 all the same.
 */
export const freedns: Form = {
  name: 'freedns',
  takes: ({ path }) => OLD.test(path) || SHORT.test(path),
  answer,
  sayFailure,
}

/** `/dynamic/update.php?TOKEN&address=…` */
const OLD = /^\/dynamic\/update\.php$/i
/** `/u/TOKEN/?address=…` */
const SHORT = /^\/u\/([^/]+)$/i

async function answer(request: HttpRequest, services: FormServices): Promise<FormAnswer> {
  const { method, path, params, from } = request
  if (method !== 'GET' && method !== 'POST') return error('GET or POST', 405, { allow: 'GET, POST' })
  const password = SHORT.exec(path)?.[1] ?? tokenIn(params)
  const signedIn = services.signIn(request, password === undefined ? undefined : { user: '', password })
  if (!signedIn.ok)
    return signedIn.why === 'locked-out'
      ? error('too many wrong tokens', 429, { 'retry-after': String(signedIn.waitSeconds) })
      : error('Invalid update URL', 401)
  const { who } = signedIn
  const hosts = who.token?.names.filter((name) => !name.startsWith('*.')) ?? []
  const read = readChange(addressParams(params), from.address)
  const lease = leaseIn(params)
  if (hosts.length === 0 || !read.ok || lease === 'wrong') {
    const words = lease === 'wrong' ? NO_DURATION : 'it takes a token that names its hosts'
    const detail = read.ok ? words : read.detail
    services.refuse(from.address, { reason: 'http-malformed', detail, claimedKey: who.key })
    return error('Invalid address or host', 400)
  }
  const asking = { who, from, form: 'freedns', ...(lease && { lease }) }
  const results = await changeHosts({ hosts, change: read.change }, asking, services)
  return sayAll(hosts, results, SHORT.test(path))
}

/** The parameter that is but a name. */
function tokenIn(params: URLSearchParams): string | undefined {
  return [...params].find(([name, value]) => value === '' && !KNOWN.has(name))?.[0]
}

const KNOWN: ReadonlySet<string> = new Set([...ADDRESS_NAMES, 'address', 'lease', ''])

function addressParams(params: URLSearchParams): URLSearchParams {
  const address = params.get('address') ?? params.get('ip')
  return new URLSearchParams(address ? { ip: address } : {})
}

function sayAll(hosts: readonly Name[], results: readonly HostResult[], isShort: boolean): FormAnswer {
  const status = statusOf(results.map(said))
  if (isUnknown(results)) return unknown(503)
  if (!results.every(isDone))
    return error('the host cannot be changed now', status, status === 503 ? { 'retry-after': '10' } : {})
  const lines = results.map((result, at) => line(hosts[at]!.slice(0, -1), result, isShort))
  const word = results.some(({ what }) => what === 'changed') ? 'updated' : 'unchanged'
  return { status, word, body: `${lines.join('\n')}\n` }
}

function line(host: string, { what, addresses }: HostResult, isShort: boolean): string {
  const address = addresses.join(',')
  if (what === 'changed') return `Updated ${host} to ${address}`
  return isShort
    ? `No IP change detected for ${host} with IP ${address}, skipping update`
    : `ERROR: Address ${address} has not changed.`
}

function error(text: string, status: number, headers: Readonly<Record<string, string>> = {}): FormAnswer {
  return { status, word: 'error', body: `ERROR: ${text}\n`, headers }
}

/** Not to be told as an error: it may have been done, or may be yet (P3). */
function unknown(status: number): FormAnswer {
  const body = 'UNKNOWN: nobody knows yet whether it was done; ask again\n'
  return { status, word: 'unknown', body, headers: { 'retry-after': '10' } }
}

const FAILURES: Readonly<Record<Exclude<Failure, 'fault'>, [text: string, status: number]>> = {
  stopping: ['try again later', 503],
  'too-many': ['too many requests', 429],
  'too-large': ['the request is too long', 413],
}

function sayFailure(failure: Failure): FormAnswer {
  return failure === 'fault' ? unknown(500) : error(...FAILURES[failure])
}
