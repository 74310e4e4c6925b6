import { Rcode, Type } from '../../../shared/dns/codes.ts'
import type { Copy, FireClient, Request, Wish } from './fire-client.ts'
import type { Habit } from './stories.ts'

/** Names that clients share in each zone: few, so that they get in each other's way. */
export const SHARED_NAMES = 40

/** What a client was told of its update in the end. */
export type Told = { readonly edge: number; readonly rcode: number } | undefined

/** Whether the server decided it. */
export function isDecided(told: Told): boolean {
  return told !== undefined && told.rcode !== Rcode.SERVFAIL
}

/** Makes the request and has it sent in the habit's way; reads back what it did where the answer was NOERROR. */
export async function ask(
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
      await client.readBack(request.story, told.edge, first.name, first.type === Type.PTR ? Type.PTR : Type.A)
  }
  return told
}

/** Over UDP, where no answer came again, to the same edge or the next. */
export async function sendAgain(
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
