import type { NatsConnection } from 'nats'
import { readStream } from '../../../../shared/messaging/read-stream.ts'
import { CHECKPOINTS_STREAM } from '../../../../shared/messaging/subjects.ts'
import { hex } from '../verify/chain.ts'
import { readCheckpoint, type SignedCheckpoint } from '../verify/checkpoint.ts'
import type { Testified, TestifiedEvents } from '../verify/testimony.ts'

/** Checkpoints that NATS keeps. */
export async function streamedCheckpoints(nats: NatsConnection): Promise<SignedCheckpoint[]> {
  const found: SignedCheckpoint[] = []
  const text = new TextDecoder()
  for await (const { data } of readStream(nats, CHECKPOINTS_STREAM)) {
    const { checkpoint, signature } = JSON.parse(text.decode(data)) as Record<string, string>
    found.push({ statement: checkpoint!, signature: Buffer.from(signature!, 'base64') })
  }
  return found
}

/** What checkpoints testify to, by zone and event; and a sentence for each that is not to be believed. */
export interface Testimonies {
  readonly zones: ReadonlyMap<number, TestifiedEvents>
  /** Those that were believed; undefined where any were. */
  readonly publicKeys: string | undefined
  /** Those of keys that were given; they go where the histories go. */
  readonly believed: readonly (SignedCheckpoint & { readonly zoneId: number; readonly seq: number })[]
  readonly checked: number
  readonly doubts: readonly string[]
}

/**
 * Without a public key each is checked against the key that it names itself: that finds what broke, not what was forged. A checkpoint
 * that is not signed as it should be counts for nothing.
 */
export function testimonies(
  checkpoints: readonly SignedCheckpoint[],
  publicKey: string | undefined,
): Testimonies {
  const zones = new Map<number, Map<number, Testified>>()
  const doubts: string[] = []
  const believed: (SignedCheckpoint & { zoneId: number; seq: number })[] = []
  let checked = 0
  for (const signed of checkpoints) {
    const key = publicKey ?? /^key (ed25519:[A-Za-z0-9+/]{43}=)$/m.exec(signed.statement)?.[1]
    const said = key === undefined ? 'not-signed' : readCheckpoint(signed, key)
    if (said === 'not-signed') {
      const about = /^zone (.+)\nevent (\d+)$/m.exec(signed.statement)
      doubts.push(
        `a checkpoint of zone ${about?.[1] ?? '?'}, event ${about?.[2] ?? '?'}, is not signed with ${key}`,
      )
      continue
    }
    checked++
    if (publicKey !== undefined) believed.push({ ...signed, zoneId: said.zoneId, seq: said.seq })
    const ofZone = zones.get(said.zoneId) ?? new Map<number, Testified>()
    zones.set(said.zoneId, ofZone.set(said.seq, { hash: hex(said.hash), serial: said.serial }))
  }
  return { zones, publicKeys: publicKey, believed, checked, doubts }
}
