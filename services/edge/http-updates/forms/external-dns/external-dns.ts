import { setImmediate as turn } from 'node:timers/promises'
import type { CatalogZone } from '../../../../../shared/catalog.ts'
import { canonicalName } from '../../../../../shared/dns/name.ts'
import type { Authorized } from '../../credentials/check.ts'
import { basicClaim, bearerClaim } from '../../credentials/claim.ts'
import type { Form, FormAnswer } from '../../form.ts'
import type { FormServices } from '../../form-services.ts'
import { readJson, sentenceOf, statusOf } from '../../json-form.ts'
import { coversName, judgeName } from '../../judge-name.ts'
import type { HttpRequest } from '../../server/http-request.ts'
import { notSignedIn } from '../httpreq.ts'
import { type Changes, readChanges, updatesOf } from './changes.ts'
import { type Endpoint, type EndpointJson, endpointOf } from './endpoint.ts'

const MEDIA_TYPE = 'application/external.dns.webhook+json;version=1'
/** Octets of all changes of a cluster; only who has signed in may send so many. */
const LONGEST_CHANGES = 1 << 20
const HEADERS = { vary: 'Content-Type' }
/** RRsets after which others get their turn. */
const AT_ONCE = 2_000

/**
 * The webhook by which external-dns speaks to providers that it does not know. It asks below the URL that it was given, and sends the user and
 * password of that URL. Negotiation is known by what it accepts.
 */
export const externalDns: Form = {
  name: 'external-dns',
  takes: ({ method, path, headers }) =>
    (method === 'GET' && /\/records$/.test(path)) ||
    (method === 'POST' && /\/(records|adjustendpoints)$/.test(path)) ||
    (method === 'GET' && (headers.accept ?? '').replaceAll(' ', '').startsWith(MEDIA_TYPE)),
  readsBody: true,
  answer: async (request, services) => {
    const signedIn = services.signIn(request, basicClaim(request) ?? bearerClaim(request))
    if (!signedIn.ok) return notSignedIn(signedIn)
    const asking = { request, services, who: signedIn.who }
    const { method, path } = request
    if (path.endsWith('/adjustendpoints')) return await adjust(asking)
    if (!path.endsWith('/records')) return said(negotiation(asking))
    return method === 'GET' ? said(await endpointsOf(asking)) : await apply(asking)
  },
}

interface Asking {
  readonly request: HttpRequest
  readonly services: FormServices
  readonly who: Authorized
}

function said(value: unknown): FormAnswer {
  return { status: 200, word: 'told', body: JSON.stringify(value), type: MEDIA_TYPE, headers: HEADERS }
}

/** The zones that it may change something of, as its domain filter. */
function negotiation({ request, services, who }: Asking) {
  const zones = services.zonesOf(who, request.from.address)
  return { include: zones.map(({ name }) => (name === '.' ? name : name.slice(0, -1))) }
}

/** What is there of those zones, and of the names that a token is for. */
async function endpointsOf({ request, services, who }: Asking): Promise<EndpointJson[]> {
  const found: EndpointJson[] = []
  for (const zone of services.zonesOf(who, request.from.address)) {
    const reading = (await services.contents(zone))?.open()
    if (reading === undefined) throw new Error(`zone ${zone.name} cannot be had here now`)
    try {
      let read = 0
      for (const rrset of reading.rrsets()) {
        if (++read % AT_ONCE === 0) await turn()
        if (!coversName(who, canonicalName(rrset.name))) continue
        const endpoint = endpointOf(rrset, zone.name)
        if (endpoint !== undefined) found.push(endpoint)
      }
    } finally {
      reading.close()
    }
  }
  return found
}

/** Everything may be as it is wanted: there is nothing that this server would write otherwise. */
async function adjust({ request, services }: Asking): Promise<FormAnswer> {
  const endpoints = readJson(await request.body(LONGEST_CHANGES))
  if (Array.isArray(endpoints)) return said(endpoints)
  return refuse(services, request, 400, 'http-malformed', 'no list of endpoints')
}

async function apply(asking: Asking): Promise<FormAnswer> {
  const { request, services, who } = asking
  const { from } = request
  const changes = readChanges(readJson(await request.body(LONGEST_CHANGES)))
  if (typeof changes === 'string') return refuse(services, request, 400, 'http-malformed', changes)
  const judged = judgeAll(changes, asking)
  if ('reason' in judged) return refuse(services, request, 403, judged.reason, judged.detail, judged.name)
  const zoneOf = (endpoint: Endpoint) => judged.get(endpoint)!
  for (const change of updatesOf(changes, zoneOf, services.settings.ttl)) {
    const update = { ...change, prerequisites: [] }
    const settled = await services.submit(update, { who, from, form: externalDns.name })
    const { status, word } = statusOf(settled)
    if (status !== 200) return { status, word, body: `${sentenceOf(settled)}\n` }
  }
  return { status: 204, word: 'done', body: '', headers: HEADERS }
}

type Refused = Extract<ReturnType<typeof judgeName>, { ok: false }> & { readonly name: string }

/** Every endpoint, before anything is changed. */
function judgeAll(
  { gone, come }: Changes,
  { request, services, who }: Asking,
): ReadonlyMap<Endpoint, CatalogZone> | Refused {
  const zones = new Map<Endpoint, CatalogZone>()
  for (const [endpoints, isDeletion] of [
    [gone, true],
    [come, false],
  ] as const)
    for (const endpoint of endpoints) {
      const { name, type, rdata } = endpoint
      const target = { type, isDeletion, values: () => rdata }
      const judged = judgeName(name, [target], who, request.from.address, (zone) => services.zoneFor(zone))
      if (!judged.ok) return { ...judged, name }
      zones.set(endpoint, judged.zone)
    }
  return zones
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
  if (status === 400) return { status, word: 'malformed', body: `${detail}\n` }
  // rules are nothing for strangers
  return { status, word: 'refused', body: `${reason}: ${zone}\n` }
}
