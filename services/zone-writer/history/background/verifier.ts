import { setTimeout as delay } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { Counter, type Registry } from 'prom-client'
import type { ZoneEvent } from '../../../../shared/events/zone-event.ts'
import type { Logger } from '../../../../shared/log.ts'
import type { VerifierProgress, VerifierRound } from '../../../../shared/messaging/writer-state.ts'
import type { Db } from '../../store/admin-zones.ts'
import { zonesToVerify } from '../../store/verified.ts'
import { hex } from '../verify/chain.ts'
import { recordAlarm } from './alarm-event.ts'
import { EdgeDigests } from './edge-digests.ts'
import { BackgroundRest } from './rest.ts'
import { type Look, type Looked, ZoneWatch } from './zone-watch.ts'

/** Between two looks at the same zone at least, in ms, however small it is. */
const ROUND_MS = 2_000

export interface VerifierContext {
  readonly db: Db
  readonly nats: NatsConnection
  readonly log: Logger
  readonly registry: Registry
  readonly writerId: string
  readonly partitionCount: number
  readonly held: () => readonly number[]
  readonly publish: (events: readonly ZoneEvent[]) => Promise<void>
  /** Believed of histories that were compacted. */
  readonly publicKeys: string
  /** Whether updates come: each look is in their way. */
  readonly isBusy: () => boolean
  /** Percent of the time; 0 is never. */
  readonly share: number
}

/**
 * Looks at all zones of this writer in turn, for ever, for a share of its time: RRsets against history, and what each edge holds
 * against both. What differs is a metric, a line of the log and an event; the edge fetches the zone anew.
 */
export class BackgroundVerifier {
  private readonly context: VerifierContext
  private readonly edges: EdgeDigests
  private readonly found: Counter<'what'>
  private readonly watches = new Map<number, ZoneWatch>()
  private readonly stopping = new AbortController()
  private now = { zones: 0, looked: 0 }
  private last: VerifierRound | undefined
  private readonly finished: Promise<void>

  constructor(context: VerifierContext) {
    this.context = context
    this.edges = new EdgeDigests(context.nats, context.log)
    this.found = new Counter({
      name: 'zonelog_writer_divergences_total',
      help: 'zones found to differ from their histories, by what differed: an alarm',
      labelNames: ['what'],
      registers: [context.registry],
    })
    for (const what of ['rrsets', 'history-broken', 'history-rewritten', 'zone-row', 'edge'])
      this.found.inc({ what }, 0)
    this.finished = context.share === 0 ? Promise.resolve() : this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    this.edges.close()
    await this.finished
  }

  get progress(): VerifierProgress {
    return { share: this.context.share, ...this.now, ...(this.last && { last: this.last }) }
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const began = performance.now()
      try {
        await this.round()
      } catch (error) {
        this.context.log.debug({ error }, 'background verification failed; trying again')
      }
      await this.pause(Math.max(200, ROUND_MS - (performance.now() - began)))
    }
  }

  private async round(): Promise<void> {
    const { db, held, partitionCount, share, isBusy } = this.context
    const rest = new BackgroundRest(share)
    const zones = await zonesToVerify(db, held(), partitionCount)
    for (const id of this.watches.keys()) if (!zones.includes(id)) this.watches.delete(id)
    this.now = { zones: zones.length, looked: 0 }
    const [roundBegan, done] = [performance.now(), { events: 0, rrsets: 0 }]
    for (const id of zones) {
      if (this.stopped) return
      const began = performance.now()
      const { events, rrsets } = await this.visit(id)
      done.events += events
      done.rrsets += rrsets
      this.now.looked++
      await this.pause(rest.after(performance.now() - began, isBusy()))
    }
    const ms = Math.round(performance.now() - roundBegan)
    this.last = { endedAt: Date.now(), ms, zones: zones.length, ...done }
  }

  private async visit(zoneId: number): Promise<Looked> {
    const watch = this.watches.get(zoneId) ?? new ZoneWatch(zoneId, this.context.publicKeys)
    this.watches.set(zoneId, watch)
    const look = await watch.look(this.context.db)
    if (look === undefined) return { events: 0, rrsets: 0 }
    if (look.problem !== undefined) await this.alarm(watch, look, look.problem)
    else if (look.isComplete) {
      if (watch.alarm !== null) {
        this.context.log.info(
          { zone: look.zone },
          'a zone that differed from its history is as it should be again',
        )
        await watch.told(this.context.db, null)
      }
      await this.compareEdges(watch, look)
      this.edges.ask(zoneId)
    }
    return look
  }

  /** Once for as long as the same is wrong. */
  private async alarm(
    watch: ZoneWatch,
    { zone, endHolds }: Look,
    { reason, detail }: { reason: string; detail: string },
  ): Promise<void> {
    const text = `${reason}: ${detail}`
    if (watch.alarm === text) return
    this.found.inc({ what: reason })
    this.context.log.error(
      { zone, reason, detail },
      'ALARM: a zone differs from its history; run `zonelog verify`',
    )
    // nothing is added to a chain whose end does not hold
    if (endHolds) await this.record(watch.zoneId, reason, `${detail}; \`zonelog verify ${zone}\` says more`)
    await watch.told(this.context.db, text)
  }

  private async compareEdges(watch: ZoneWatch, { zone }: Look): Promise<void> {
    for (const answer of this.edges.takeAnswers(watch.zoneId)) {
      const expected = watch.digestAfter(answer.seq)
      // too old or too new to be compared; the next answer may not be
      if (expected === undefined || expected === hex(answer.digest)) continue
      const { edgeId, seq } = answer
      this.edges.distrust(answer)
      this.found.inc({ what: 'edge' })
      this.context.log.error(
        { zone, edge: edgeId, seq },
        'ALARM: an edge held other contents of a zone; it fetches it anew',
      )
      await this.record(
        watch.zoneId,
        'edge',
        `edge ${edgeId} held other contents after event ${seq}; it fetches the zone anew`,
      )
    }
  }

  private async record(zoneId: number, reason: string, detail: string): Promise<void> {
    const { db, writerId, publish } = this.context
    const event = await recordAlarm(db, { zoneId, reason, detail, writerId, now: Date.now() })
    if (event !== undefined) await publish([event])
  }

  private async pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => {})
  }
}
