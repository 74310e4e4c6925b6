import type { NatsConnection } from 'nats'
import type { Logger } from '../../../shared/log.ts'
import { findPeers } from '../../../shared/messaging/presence.ts'

const PERIOD_MS = 2_000

/**
 * The edges that run, so that each zone has one among them that sends its NOTIFY messages: the one with the highest hash. When
 * an edge comes or goes, only the zones that it takes or leaves change hands. For a moment two may think so: that does no harm.
 */
export class EdgePeers {
  private readonly own: string
  private ids: readonly string[]
  private answered: readonly string[] = []
  private timer: NodeJS.Timeout | undefined
  private closed = false

  constructor(own: string) {
    this.own = own
    this.ids = [own]
  }

  /** Looks now and then again and again; calls back when others are there than before. */
  async follow(nats: NatsConnection, log: Logger, onChange: () => void): Promise<void> {
    try {
      const answered = (await findPeers(nats, 'edge')).map(({ id }) => id)
      // one that is only late must not lose its zones, for whoever takes them tells all of their secondaries
      const ids = new Set([this.own, ...answered, ...this.answered])
      this.answered = answered
      const changed = ids.size !== this.ids.length || this.ids.some((id) => !ids.has(id))
      this.ids = [...ids]
      if (changed) onChange()
    } catch (error) {
      // those that were there last go on to count
      log.debug({ error }, 'the other edges could not be asked for')
    }
    if (!this.closed) this.timer = setTimeout(() => void this.follow(nats, log, onChange), PERIOD_MS).unref()
  }

  owns(zoneId: number): boolean {
    return ownerOf(zoneId, this.ids) === this.own
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
  }
}

/** Rendezvous hashing: the same edge wherever it is worked out. */
export function ownerOf(zoneId: number, ids: readonly string[]): string | undefined {
  let best: { id: string; weight: number } | undefined
  for (const id of ids) {
    const weight = hash(`${id} ${zoneId}`)
    if (best === undefined || weight > best.weight || (weight === best.weight && id > best.id))
      best = { id, weight }
  }
  return best?.id
}

/** FNV-1a with a last mixing, so that ids that differ in their last digit do not share their zones. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  return (value ^ (value >>> 13)) >>> 0
}
