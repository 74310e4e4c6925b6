import { setTimeout as delay } from 'node:timers/promises'
import { Rcode, Type } from '../../../shared/dns/codes.ts'
import type { Copy, FireClient, Request, Wish } from './fire-client.ts'
import {
  address,
  deleteName,
  deleteRecord,
  deleteRRset,
  dhcid,
  hasNo,
  holds,
  isFree,
  isInUse,
  txt,
} from './records.ts'
import type { Habit } from './stories.ts'

/** Names that clients share in each zone: few, so that they get in each other's way. */
const SHARED_NAMES = 40

type Told = { readonly edge: number; readonly rcode: number } | undefined

/** Whether the server decided it. */
function isDecided(told: Told): boolean {
  return told !== undefined && told.rcode !== Rcode.SERVFAIL
}

/** Makes the request and has it sent in the habit's way; reads back what it did where the answer was NOERROR. */
async function ask(
  client: FireClient,
  habit: Habit,
  wish: Wish,
  send: (request: Request) => Promise<Told>,
): Promise<Told> {
  const request = client.request(habit, wish)
  const told = await send(request)
  if (told?.rcode === Rcode.NOERROR) {
    await client.readBack(request.story, told.edge, client.markName(wish.zone), Type.TXT)
    const first = wish.updates[0]
    if (first !== undefined && client.random.chance(0.5))
      await client.readBack(request.story, told.edge, first.name, Type.A)
  }
  return told
}

/** nsupdate: the same octets again after 3 s, up to three times, to the same server or the next. Whether it was decided, as all of these say. */
export async function nsupdate(client: FireClient): Promise<boolean> {
  const { random } = client
  const zone = random.pick(client.zones)
  const isSigned = random.chance(0.5)
  const told = await ask(client, 'nsupdate', nsupdateWish(client, zone), async (request) => {
    const copy = isSigned ? client.signed(request) : request.unsigned
    return await sendAgain(client, request, () => copy, 4, 3_000)
  })
  return isDecided(told)
}

/** Kea's D2: 500 ms, three tries, each signed anew; branches on what the prerequisites say (RFC 4703 §5.3). */
export async function kea(client: FireClient): Promise<boolean> {
  const { random } = client
  const zone = random.pick(client.zones)
  const host = `lease${random.below(SHARED_NAMES)}.${zone}`
  const owner = dhcid(host, `${client.name} ${random.below(3)}`)
  const send = (request: Request) => sendAgain(client, request, () => client.signed(request), 3, 500)
  const lease = address(host, [10, 1, random.below(256), random.below(256)])
  if (random.chance(0.3)) {
    const wish = { zone, prerequisites: [holds(owner)], updates: [deleteName(host)] }
    return isDecided(await ask(client, 'kea', wish, send))
  }
  const first = await ask(
    client,
    'kea',
    { zone, prerequisites: [isFree(host)], updates: [lease, owner] },
    send,
  )
  if (first?.rcode !== Rcode.YXDOMAIN) return isDecided(first)
  const replace = [deleteRRset(host, Type.A), lease]
  const prerequisites = [isInUse(host), holds(owner)]
  return isDecided(await ask(client, 'kea', { zone, prerequisites, updates: replace }, send))
}

/** An ACME client in Go: TCP, 2 s, and a new message where there was no answer. */
export async function acme(client: FireClient): Promise<boolean> {
  const { random } = client
  const zone = random.pick(client.zones)
  const name = `_acme-challenge.${client.name}.${zone}`
  const challenge = txt(name, `challenge ${random.below(1_000_000)}`)
  let told: Told
  for (const updates of [[challenge], [deleteRecord(challenge)]]) {
    for (let attempt = 0; attempt < 3; attempt++) {
      told = await ask(client, 'acme', { zone, updates }, (request) =>
        client.overTcp(request, client.signed(request), random.below(client.edges.length), 2_000),
      )
      if (told !== undefined) break
      await delay(100) // a connection that is refused is so at once
    }
  }
  return isDecided(told)
}

function nsupdateWish(client: FireClient, zone: string): Wish {
  const { random } = client
  const host = `host${random.below(SHARED_NAMES)}.${zone}`
  const here = address(host, [10, 2, random.below(256), random.below(256)])
  const kinds: (() => Wish)[] = [
    () => ({ zone, updates: [deleteRRset(host, Type.A), here] }),
    () => ({ zone, updates: [here] }),
    () => ({ zone, updates: [deleteName(host)] }),
    () => ({ zone, prerequisites: [isFree(host)], updates: [here] }),
    () => ({ zone, prerequisites: [hasNo(host, Type.A)], updates: [here] }),
    () => ({ zone, prerequisites: [isInUse(host)], updates: [deleteRRset(host, Type.A)] }),
    () => ({ zone, updates: [address('elsewhere.example.', [10, 9, 9, 9])] }), // NOTZONE
  ]
  // sets of many records grow slowly; what replaces is the usual thing
  return random.chance(0.5) ? kinds[0]!() : random.pick(kinds)()
}

async function sendAgain(
  client: FireClient,
  request: Request,
  copy: () => Copy,
  tries: number,
  waitMs: number,
): Promise<Told> {
  const { random, edges } = client
  let edge = random.below(edges.length)
  for (let attempt = 0; attempt < tries; attempt++) {
    const told = await client.overUdp(request, copy(), edge, waitMs)
    if (told !== undefined) return told
    if (random.chance(0.6)) edge = (edge + 1) % edges.length
  }
  return undefined
}
