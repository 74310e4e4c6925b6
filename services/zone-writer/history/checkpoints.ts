import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import type { Name } from '../../../shared/dns/name.ts'
import type { Logger } from '../../../shared/log.ts'
import { checkpointSubject } from '../../../shared/messaging/subjects.ts'
import { type Db, findZoneById } from '../store/admin-zones.ts'
import {
  insertCheckpoint,
  markCheckpointPublished,
  unpublishedCheckpoints,
  zonesDue,
} from '../store/checkpoints.ts'
import { storedZone } from '../store/verification.ts'
import { type SignedCheckpoint, type SigningKey, signCheckpoint } from './verify/checkpoint.ts'

const PERIOD_MS = 5_000
const PUBLISHED_AT_ONCE = 500

/** Signs where a zone's history stands now. What is wrong then is signed as well: verify first. */
export async function makeCheckpoint(
  db: Db,
  key: SigningKey,
  zoneId: number,
  now: number,
): Promise<(SignedCheckpoint & { readonly seq: number }) | undefined> {
  const zone = await storedZone(db, zoneId)
  if (zone === undefined || zone.seq === 0) return undefined
  const { seq, serial, hash } = zone
  const signed = signCheckpoint(key, { zoneId, zone: zone.name as Name, seq, serial, hash, at: now })
  return await insertCheckpoint(db, zoneId, seq, signed)
}

export interface CheckpointerContext {
  readonly db: Db
  readonly nats: NatsConnection
  readonly key: SigningKey
  readonly log: Logger
  readonly partitionCount: number
  readonly held: () => readonly number[]
  /** A checkpoint is due after so many events, or when there is any and so much time has gone by. */
  readonly everyEvents: number
  readonly everyMs: number
}

/** Signs the zones that this writer looks after, now and then, and publishes the checkpoints, so that others can keep them. */
export class Checkpointer {
  private readonly context: CheckpointerContext
  private readonly stopping = new AbortController()
  private readonly finished: Promise<void>
  private lastRound = performance.now()

  constructor(context: CheckpointerContext) {
    this.context = context
    this.finished = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    await this.finished
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.signDue()
        await this.publish()
      } catch (error) {
        this.context.log.debug({ error }, 'checkpoints not made or not published; trying again')
      }
      await delay(PERIOD_MS, undefined, { signal: this.stopping.signal }).catch(() => {})
    }
  }

  private async signDue(): Promise<void> {
    const { db, key, held, partitionCount, everyEvents, everyMs } = this.context
    const isTime = performance.now() - this.lastRound >= everyMs
    if (isTime) this.lastRound = performance.now()
    for (const { zoneId, isMany } of await zonesDue(db, held(), partitionCount, everyEvents)) {
      if (this.stopping.signal.aborted) return
      if ((isTime || isMany) && (await findZoneById(db, zoneId)) !== undefined)
        await makeCheckpoint(db, key, zoneId, Date.now())
    }
  }

  private async publish(): Promise<void> {
    const { db, nats } = this.context
    for (const { zoneId, seq, statement, signature } of await unpublishedCheckpoints(db, PUBLISHED_AT_ONCE)) {
      const payload = JSON.stringify({
        checkpoint: statement,
        signature: Buffer.from(signature).toString('base64'),
      })
      // the id lets JetStream drop a second copy
      const stored = await nats
        .jetstream()
        .publish(checkpointSubject(zoneId), payload, { msgID: `checkpoint ${zoneId}:${seq}` })
      // a copy is on its way, and may be lost; the next round sends it again
      if (stored.seq === 0) return
      await markCheckpointPublished(db, zoneId, seq)
    }
  }
}
