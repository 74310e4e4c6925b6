import { setTimeout as delay } from 'node:timers/promises'
import type { HeldPartition } from '../../../shared/messaging/writer-state.ts'
import {
  CLAIM_RETRY_MS,
  CLAIM_RETURN_MS,
  CLAIM_REVIEW_MS,
  CUT_OFF_MS,
  DRAIN_MS,
} from '../../../shared/time-limits.ts'
import { ClaimLost, ClaimSession } from '../store/claims.ts'
import { PartitionWorker, type PartitionWorkerContext } from './partition-worker.ts'
import { wantedPartitions } from './wanted-partitions.ts'

export interface ClaimsContext extends Omit<PartitionWorkerContext, 'confirmClaim'> {
  readonly databaseUrl: string
  readonly partitions: number
  /** Whether NATS is connected. */
  readonly isConnected: () => boolean
  /** Called when partitions come to this writer: their events may not have been published. */
  readonly onClaimed: (partitions: readonly number[]) => void
  /** Records which events were published, before whoever takes partitions over looks: it would publish the others again. */
  readonly recordPublished?: () => Promise<void>
  /**
   * Called when the session ended but by {@link PartitionClaims.stop}, and when there is another: Postgres may be another server now, which lacks the newest
   * commits of the one before.
   */
  readonly onSessionLost?: () => void
}

const RECORD_MS = 200

/** This writer's fair share of the partitions, and a worker for each. */
export class PartitionClaims {
  private readonly context: ClaimsContext
  /** Of what this session holds, and of what the one before it held, until others had time to come back: their consumers need not be made anew. */
  private readonly workers = new Map<number, PartitionWorker>()
  private readonly claimed = new Set<number>()
  /** Their workers are ending. In the background: NATS may take long, and this writer must not leave others' partitions alone meanwhile. */
  private readonly leaving = new Map<number, Promise<void>>()
  private readonly since = new Map<number, number>()
  private session: ClaimSession | undefined
  /** What this writer held when its session ended, and from when on it takes more than that. */
  private former: readonly number[] = []
  private othersAreBackAt = 0
  private stopped = false
  private wake = Promise.withResolvers<void>()
  private complained = false
  private connectedAt = performance.now()
  private readonly finished: Promise<void>

  constructor(context: ClaimsContext) {
    this.context = context
    this.finished = this.run()
  }

  get held(): number[] {
    return [...this.claimed].sort((a, b) => a - b)
  }

  get partitions(): HeldPartition[] {
    return this.held.map((partition) => ({ partition, since: this.since.get(partition)! }))
  }

  /** Finishes commits under way and frees all partitions, so that others take them at once. */
  async stop(): Promise<void> {
    this.stopped = true
    this.wake.resolve()
    // Postgres may be there and say nothing; a session that it gives after all is let go as well
    await Promise.race([this.finished, delay(DRAIN_MS, undefined, { ref: false })])
    await this.letGo()
    void this.finished.then(() => this.letGo())
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        if (this.isCutOff()) await this.letGo()
        else {
          this.session ??= await this.openSession()
          await this.review(this.session)
          this.complained = false
        }
      } catch (error) {
        this.complain(error)
        await this.endSession()
      }
      await this.untilNextLook()
    }
  }

  /** Sooner when partitions are free, or the session ends; one that ends again and again is not opened without a pause. */
  private async untilNextLook(): Promise<void> {
    if (this.stopped) return
    if (this.session !== undefined) await Promise.race([delay(CLAIM_REVIEW_MS), this.wake.promise])
    this.wake = Promise.withResolvers()
    if (this.session === undefined && !this.stopped) await delay(CLAIM_RETRY_MS)
  }

  /** Once an outage, not every time that it is tried. */
  private complain(error: unknown): void {
    const { log } = this.context
    const line = { problem: error instanceof Error ? error.message : String(error) }
    if (this.complained) log.debug(line, 'cannot claim partitions yet')
    else log.warn(line, 'cannot claim partitions; trying again until it works')
    this.complained = true
  }

  /** Without NATS for a while, this writer can do nothing for its partitions; one that has it may. */
  private isCutOff(): boolean {
    if (this.context.isConnected()) this.connectedAt = performance.now()
    return performance.now() - this.connectedAt > CUT_OFF_MS
  }

  private async letGo(): Promise<void> {
    const session = this.session
    this.sessionEnded()
    await this.dropAll()
    if (session !== undefined && !this.stopped) this.context.onSessionLost?.()
    await session?.letGo()
  }

  private async endSession(): Promise<void> {
    const session = this.session
    if (session !== undefined) this.context.onSessionLost?.()
    this.sessionEnded()
    await session?.close()
  }

  /** The workers wait: nobody else may have had their partitions when there is another session. */
  private sessionEnded(): void {
    this.session = undefined
    if (this.claimed.size > 0) this.former = this.held
    this.claimed.clear()
  }

  private async openSession(): Promise<ClaimSession> {
    const session = await ClaimSession.open(this.context.databaseUrl)
    session.onFreed = () => this.wake.resolve()
    void session.ended.then(() => {
      if (this.session !== session) return
      this.context.onSessionLost?.()
      this.sessionEnded()
      this.wake.resolve()
    })
    if (this.former.length > 0) {
      this.context.onSessionLost?.()
      this.othersAreBackAt = performance.now() + CLAIM_RETURN_MS
    }
    return session
  }

  private async review(session: ClaimSession): Promise<void> {
    const share = Math.ceil(this.context.partitions / Math.max(1, await session.liveWriters()))
    const staying = this.held.filter((partition) => !this.leaving.has(partition))
    for (const partition of staying.slice(share)) this.handOver(session, partition)
    const othersAreBack = performance.now() > this.othersAreBackAt
    const claimed = await this.claim(session, share - staying.length, othersAreBack)
    for (const partition of claimed) {
      this.claimed.add(partition)
      this.since.set(partition, Date.now())
      if (!this.workers.has(partition)) this.workers.set(partition, this.startWorker(partition))
    }
    if (claimed.length > 0) {
      this.context.log.info({ claimed, held: this.held }, 'partitions claimed')
      this.context.onClaimed(claimed)
    }
    if (othersAreBack) this.dropUnclaimed()
  }

  private async claim(session: ClaimSession, most: number, othersAreBack: boolean): Promise<number[]> {
    if (most <= 0) return []
    const { partitions } = this.context
    const wanted = wantedPartitions(partitions, this.claimed, this.former, othersAreBack)
    // this session may hold the lock of one that is leaving, and would be given it twice
    return await session.claim(
      wanted.filter((partition) => !this.leaving.has(partition)),
      most,
    )
  }

  private startWorker(partition: number): PartitionWorker {
    return new PartitionWorker(partition, {
      ...this.context,
      mayWork: () => this.claimed.has(partition) && this.context.mayWork(),
      confirmClaim: async () => {
        const { session } = this
        await session?.confirm()
        if (session === undefined || session !== this.session || !this.claimed.has(partition))
          throw new ClaimLost(`partition ${partition} is not held any more`)
        return session
      },
    })
  }

  private handOver(session: ClaimSession, partition: number): void {
    this.endWorker(partition, async () => {
      // without the session the lock is gone, and so is all that it had claimed
      await this.published()
      if (this.session !== session) return
      this.claimed.delete(partition)
      await session.release(partition)
      this.context.log.info({ partition, held: this.held }, 'partition handed over')
    })
  }

  /** Others have them now. */
  private dropUnclaimed(): void {
    for (const partition of this.workers.keys()) if (!this.claimed.has(partition)) this.endWorker(partition)
  }

  private async dropAll(): Promise<void> {
    for (const partition of this.workers.keys()) this.endWorker(partition)
    await Promise.all(this.leaving.values())
    await this.published()
  }

  /** For a moment: NATS may not confirm them, or Postgres say nothing. */
  private async published(): Promise<void> {
    const recording = this.context.recordPublished?.().catch(() => {})
    await Promise.race([recording, delay(RECORD_MS, undefined, { ref: false })])
  }

  /** Lets it finish the commit under way. */
  private endWorker(partition: number, andThen: () => Promise<void> = async () => {}): void {
    const worker = this.workers.get(partition)
    this.workers.delete(partition)
    const left = (async () => {
      try {
        await worker?.stop()
        await andThen()
      } catch (error) {
        this.context.log.debug({ error, partition }, 'the session ended before the partition was handed over')
      } finally {
        this.leaving.delete(partition)
      }
    })()
    this.leaving.set(partition, left)
  }
}
