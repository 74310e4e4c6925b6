import type { CatalogZone } from '../../../../shared/catalog.ts'
import { Type } from '../../../../shared/dns/codes.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type { Target } from '../../../../shared/rules/conditions.ts'
import type { Settled } from '../../update/resends.ts'
import type { CachedZone } from '../../zones/cached-zone.ts'
import { addressRefusal } from '../accepted-address.ts'
import type { FormServices, HttpRefusal } from '../form-services.ts'
import { judgeName } from '../judge-name.ts'
import type { Asking } from '../submit/submit-update.ts'
import { type AddressChange, type FamilyChange, type HostPlan, planHost } from './address-change.ts'

/** What became of one host. */
export interface HostResult {
  readonly what: 'changed' | 'unchanged' | 'refused' | 'unknown' | 'held-back'
  /** A reason code where it was refused; `held-back` is for want of another host of the request. */
  readonly reason: string
  /** What the host has now, where it is as asked. */
  readonly addresses: readonly string[]
  /** What the operator finds it by. */
  readonly reference: string
}

export interface AskedChange {
  readonly hosts: readonly (Name | undefined)[]
  readonly change: AddressChange
}

/** A prefix is put in front of what was there a moment ago; when that changed it is looked at again. */
const ATTEMPTS = 3

const HELD_BACK: HostResult = { what: 'held-back', reason: '', addresses: [], reference: '' }

/**
 * Changes the addresses of hosts: all of them, or none when one of them cannot be as far as this edge can tell. Then one update a zone, each of which
 * applies whole or not at all; zones are taken one after another, and those after one that failed are left alone. Undefined stands for a
 * text that is no host name; it is refused as malformed.
 */
export async function changeHosts(
  { hosts, change }: AskedChange,
  asking: Asking,
  services: FormServices,
): Promise<HostResult[]> {
  const judged = hosts.map((name) => judgeHost(name, change, asking, services))
  if (judged.some((host) => 'what' in host)) return judged.map((host) => ('what' in host ? host : HELD_BACK))
  const results = new Map<Name, HostResult>()
  const zones = Map.groupBy(judged as JudgedHost[], ({ zone }) => zone)
  let goesOn = true
  for (const [zone, members] of zones) {
    const names = [...new Set(members.map(({ name }) => name))]
    if (!goesOn) break
    const inZone = await changeZone(zone, names, change, asking, services)
    for (const [name, result] of inZone) results.set(name, result)
    goesOn = [...inZone.values()].every(isDone)
  }
  return (judged as JudgedHost[]).map(({ name }) => results.get(name) ?? HELD_BACK)
}

export function isDone({ what }: HostResult): boolean {
  return what === 'changed' || what === 'unchanged'
}

interface JudgedHost {
  readonly name: Name
  readonly zone: CatalogZone
}

function judgeHost(
  name: Name | undefined,
  change: AddressChange,
  asking: Asking,
  services: FormServices,
): JudgedHost | HostResult {
  const refuse = (refusal: HttpRefusal) => refused({ ...refusal, zone: name ?? '' }, asking, services)
  if (name === undefined) return refuse({ reason: 'http-malformed', detail: 'a host is no full name' })
  for (const octets of addressesOf(change)) {
    const refusal = addressRefusal(octets, services.settings.accepted)
    if (refusal !== undefined) return refuse(refusal)
  }
  const judged = judgeName(name, targetsOf(change), asking.who, asking.from.address, (at) =>
    services.zoneFor(at),
  )
  return judged.ok ? { name, zone: judged.zone } : refuse(judged)
}

function addressesOf({ ipv4, ipv6 }: AddressChange): Uint8Array[] {
  return [ipv4, ipv6].flatMap((family) =>
    family.kind === 'set' ? family.addresses : family.kind === 'prefix' ? [family.prefix] : [],
  )
}

/** What the rules are asked about: deletions of what is there, and what is set. */
function targetsOf({ ipv4, ipv6 }: AddressChange): Omit<Target, 'name'>[] {
  const of = (type: number, family: FamilyChange) => {
    if (family.kind === 'keep') return []
    const isDeletion = family.kind === 'set' && family.addresses.length === 0
    const values = () => (family.kind === 'set' ? family.addresses : [])
    return [{ type, isDeletion, values }]
  }
  return [...of(Type.A, ipv4), ...of(Type.AAAA, ipv6)]
}

async function changeZone(
  zone: CatalogZone,
  names: readonly Name[],
  change: AddressChange,
  asking: Asking,
  services: FormServices,
): Promise<Map<Name, HostResult>> {
  const all = (result: HostResult) => new Map(names.map((name) => [name, result]))
  for (let attempt = 1; ; attempt++) {
    const contents = await services.contents(zone)
    if (contents === undefined) return all(unavailable(zone, asking, services))
    const plans = new Map(names.map((name) => [name, planOf(name, change, contents, services)]))
    const missing = names.filter((name) => plans.get(name) === undefined)
    if (missing.length > 0) return withoutAddress(names, missing, asking, services)
    const ready = plans as Map<Name, HostPlan>
    const settled = await submitAll(zone, ready, asking, services)
    const isRaced =
      settled?.reason === 'prerequisite' && !aliases(names, await services.contents(zone)).length
    if (!isRaced || attempt === ATTEMPTS) return await resultsOf(settled, ready, zone, services)
  }
}

function planOf(name: Name, change: AddressChange, contents: CachedZone, { settings }: FormServices) {
  return planHost(name, change, contents.at(name), settings.ttl)
}

async function submitAll(
  zone: CatalogZone,
  plans: ReadonlyMap<Name, HostPlan>,
  asking: Asking,
  services: FormServices,
): Promise<Settled | undefined> {
  const all = [...plans.values()]
  const update = {
    zone,
    prerequisites: all.flatMap((plan) => plan.prerequisites),
    updates: all.flatMap((plan) => plan.updates),
  }
  return await services.submit(update, asking)
}

function unavailable(zone: CatalogZone, asking: Asking, services: FormServices): HostResult {
  const detail = `${zone.name} cannot be had at this edge now`
  return refused({ reason: 'http-unavailable', detail, zone: zone.name }, asking, services)
}

function withoutAddress(
  names: readonly Name[],
  missing: readonly Name[],
  asking: Asking,
  services: FormServices,
): Map<Name, HostResult> {
  const detail = `${missing.join(', ')}: there is no address that could be kept or get the prefix`
  const result = refused({ reason: 'http-nothing-there', detail, zone: missing[0]! }, asking, services)
  return new Map(names.map((name) => [name, missing.includes(name) ? result : HELD_BACK]))
}

/** Refused before it became a command: audited, with what finds it there. */
function refused(refusal: HttpRefusal, { who, from }: Asking, services: FormServices): HostResult {
  const reference = services.refuse(from.address, { ...refusal, claimedKey: who.key })
  return { what: 'refused', reason: refusal.reason, addresses: [], reference }
}

async function resultsOf(
  settled: Settled | undefined,
  plans: ReadonlyMap<Name, HostPlan>,
  zone: CatalogZone,
  services: FormServices,
): Promise<Map<Name, HostResult>> {
  const alias =
    settled?.reason === 'prerequisite' ? aliases([...plans.keys()], await services.contents(zone)) : []
  return new Map(
    [...plans].map(([name, plan]) => {
      const isHeldBack = alias.length > 0 && !alias.includes(name)
      return [name, isHeldBack ? HELD_BACK : resultOf(settled, plan)]
    }),
  )
}

function resultOf(settled: Settled | undefined, { isAsAsked, addresses }: HostPlan): HostResult {
  if (settled === undefined) return { what: 'unknown', reason: '', addresses: [], reference: '' }
  const { reason, reference } = settled
  if (reason === 'unchanged' || (reason === 'applied' && isAsAsked))
    return { what: 'unchanged', reason, addresses, reference }
  if (reason === 'applied') return { what: 'changed', reason, addresses, reference }
  return { what: 'refused', reason, addresses: [], reference }
}

function aliases(names: readonly Name[], contents: CachedZone | undefined): Name[] {
  return names.filter((name) => contents?.at(name)?.has(Type.CNAME))
}
