import { setTimeout as delay } from 'node:timers/promises'
import { Type } from '../../../shared/dns/codes.ts'
import { ask, isDecided, SHARED_NAMES, sendAgain, type Told } from './asking.ts'
import type { FireClient, Wish } from './fire-client.ts'
import { address, deleteName, deleteRecord, deleteRRset, hasNo, isFree, isInUse, txt } from './records.ts'

/** How clients ask, each one thing: whether it was decided, as all of these say. Kea's is a file of its own. */

/** nsupdate: the same octets again after 3 s, up to three times, to the same server or the next. An answer is the end of it, whatever it says. */
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

/** An ACME client in Go: TCP, 2 s, and all of it again, in a new message, where there was no answer or SERVFAIL. */
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
      if (isDecided(told)) break
      await delay(100) // a connection that is refused is so at once
    }
  }
  return isDecided(told)
}

/**
 * Terraform's dns provider: the same message, signed anew, to the same server where there was no answer, and where it was SERVFAIL:
 * what an edge did not accept it must not apply when it is asked once more (P3).
 */
export async function terraform(client: FireClient): Promise<boolean> {
  const { random, edges } = client
  const zone = random.pick(client.zones)
  const host = `tf${random.below(SHARED_NAMES)}.${zone}`
  const here = address(host, [10, 3, random.below(256), random.below(256)])
  const updates = random.pick([[deleteRRset(host, Type.A), here], [here], [deleteRRset(host, Type.A)]])
  const edge = random.below(edges.length)
  const told = await ask(client, 'terraform', { zone, updates }, async (request) => {
    let last: Told
    for (let attempt = 0; attempt < 4 && !isDecided(last); attempt++) {
      if (last !== undefined) await delay(200)
      last = await client.overUdp(request, client.signed(request), edge, 2_000)
    }
    return last
  })
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
