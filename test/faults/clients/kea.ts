import { Rcode, Type } from '../../../shared/dns/codes.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { ask, isDecided, sendAgain, type Told } from './asking.ts'
import type { FireClient } from './fire-client.ts'
import {
  address,
  deleteName,
  deleteRecord,
  deleteRRset,
  dhcid,
  hasNo,
  hasSome,
  holds,
  isFree,
  isInUse,
  ptr,
} from './records.ts'

/** Fewer than other clients share, and known to all DHCP servers, as to a pair of which one takes over. */
const NAMES = 12
const OWNERS = 4
const MOST_LEASES = 20

interface Lease {
  readonly zone: string
  readonly host: string
  readonly octets: readonly number[]
  readonly owner: ResourceRecord
  /** Where only somebody must own the name: Kea's `check-exists-with-dhcid`; else it must be this owner: `check-with-dhcid`. */
  readonly anyOwner: boolean
}

const given = new WeakMap<FireClient, Lease[]>()

/**
 * Kea's D2: 500 ms, three tries, each signed anew; gives a lease or takes it back, the name first and then the address. What comes next
 * depends on the rcodes of prerequisites (RFC 4703 §5.3 to §5.5); with any other, SERVFAIL too, it gives up.
 */
export async function kea(client: FireClient): Promise<boolean> {
  const { random } = client
  const leases = given.get(client) ?? []
  given.set(client, leases)
  if (random.chance(0.4)) {
    const index = random.below(leases.length + 1) // or one that was never given here
    const lease = leases.splice(index, 1)[0] ?? draw(client)
    return isDecided(await takeBack(client, lease))
  }
  const lease = draw(client)
  const told = await give(client, lease)
  if (told?.rcode === Rcode.NOERROR) leases.push(lease)
  if (leases.length > MOST_LEASES) leases.shift()
  return isDecided(told)
}

function draw({ random, zones }: FireClient): Lease {
  const zone = random.pick(zones)
  const host = `lease${random.below(NAMES)}.${zone}`
  const owner = dhcid(host, `owner ${random.below(OWNERS)}`)
  return {
    zone,
    host,
    octets: [10, 1, random.below(4), random.below(256)],
    owner,
    anyOwner: random.chance(0.2),
  }
}

/** A free name is taken; one in use is only where it is the owner's; and if it is gone by then, it is free. */
async function give(client: FireClient, lease: Lease): Promise<Told> {
  const { zone, host, octets, owner } = lease
  const record = address(host, octets)
  let told: Told
  for (let round = 0; round < 3; round++) {
    told = await tell(client, zone, [isFree(host)], [record, owner])
    if (told?.rcode === Rcode.NOERROR) return await giveReverse(client, lease)
    if (told?.rcode !== Rcode.YXDOMAIN) return told
    told = await tell(client, zone, [isInUse(host), ownedBy(lease)], [deleteRRset(host, Type.A), record])
    if (told?.rcode === Rcode.NOERROR) return await giveReverse(client, lease)
    if (told?.rcode !== Rcode.NXDOMAIN) return told
  }
  return told
}

/** The address, then the name if it has none left. NXRRSET means that there is nothing to do: on it goes. */
async function takeBack(client: FireClient, lease: Lease): Promise<Told> {
  const { zone, host, octets } = lease
  const owned = ownedBy(lease)
  const first = await tell(client, zone, [owned], [deleteRecord(address(host, octets))])
  if (!isDone(first)) return first
  const unused = [owned, hasNo(host, Type.A), hasNo(host, Type.AAAA)]
  const second = await tell(client, zone, unused, [deleteName(host)])
  const reverse = reverseOf(client, lease)
  if (!isDone(second) || reverse === undefined) return second
  return await tell(client, reverse.zone, [holds(reverse.record)], [deleteName(reverse.name)])
}

/** No prerequisite: an address has one name. */
async function giveReverse(client: FireClient, lease: Lease): Promise<Told> {
  const reverse = reverseOf(client, lease)
  if (reverse === undefined) return { edge: 0, rcode: Rcode.NOERROR }
  const { zone, name, record } = reverse
  const old = [Type.PTR, Type.DHCID].map((type) => deleteRRset(name, type))
  return await tell(client, zone, [], [...old, record, { ...lease.owner, name: record.name }])
}

function isDone(told: Told): boolean {
  return told?.rcode === Rcode.NOERROR || told?.rcode === Rcode.NXRRSET
}

function ownedBy({ host, owner, anyOwner }: Lease): ResourceRecord {
  return anyOwner ? hasSome(host, Type.DHCID) : holds(owner)
}

/** Undefined in a deployment without such a zone. */
function reverseOf({ zones }: FireClient, { host, octets }: Lease) {
  const name = `${octets.toReversed().join('.')}.in-addr.arpa.`
  const zone = zones.find((one) => name.endsWith(`.${one}`))
  return zone === undefined ? undefined : { zone, name, record: ptr(name, host) }
}

async function tell(
  client: FireClient,
  zone: string,
  prerequisites: readonly ResourceRecord[],
  updates: readonly ResourceRecord[],
): Promise<Told> {
  return await ask(client, 'kea', { zone, prerequisites, updates }, (request) =>
    sendAgain(client, request, () => client.signed(request), 3, 500),
  )
}
