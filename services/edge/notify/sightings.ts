import type { NatsConnection } from 'nats'
import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Sighting } from '../../../shared/messaging/secondaries-service.ts'
import { SIGHTINGS } from '../../../shared/messaging/subjects.ts'
import type { Requester } from '../listeners/listener.ts'

interface SightingMessage extends Sighting {
  readonly zoneId: number
}

/** Of one zone; whoever was seen longest ago makes room. */
const MOST_CLIENTS = 100
const MOST_ADDRESSES = 10_000
const LEAST_PAUSE_MS = 1_000

/** What clients of transfers tell of themselves at any edge, known at all of them. */
export class Sightings {
  private readonly nats: NatsConnection
  private readonly zones = new Map<number, Map<string, Sighting>>()
  private readonly addresses = new Set<string>()
  private readonly stop: () => void
  private readonly onSighting: (zoneId: number, sighting: Sighting) => void

  constructor(nats: NatsConnection, onSighting: (zoneId: number, sighting: Sighting) => void) {
    this.nats = nats
    this.onSighting = onSighting
    const subscription = nats.subscribe(SIGHTINGS, {
      callback: (error, message) => {
        if (error !== null) return
        const sighting = readSighting(message.string())
        // of another version of the program: nothing rests on it
        if (sighting !== undefined) this.take(sighting)
      },
    })
    this.stop = () => subscription.unsubscribe()
  }

  /** A client has told its serial by asking for IXFR, or has been brought to one. Said again only when it is news. */
  note(zone: CatalogZone, { address }: Requester, serial: number): void {
    const known = this.zones.get(zone.id)?.get(address)
    const at = Date.now()
    if (known?.serial === serial && at - known.at < LEAST_PAUSE_MS) return
    const message: SightingMessage = { zoneId: zone.id, address, serial, at }
    this.take(message)
    if (!this.nats.isClosed()) this.nats.publish(SIGHTINGS, JSON.stringify(message))
  }

  /** Whether a client of any zone's transfers has this address. */
  knows(address: string): boolean {
    return this.addresses.has(address)
  }

  /** A client of transfers has asked for a zone's SOA: it still has what it had. */
  again(zone: CatalogZone, from: Requester): void {
    const known = this.zones.get(zone.id)?.get(from.address)
    if (known !== undefined) this.note(zone, from, known.serial)
  }

  of(zoneId: number): Sighting[] {
    return [...(this.zones.get(zoneId)?.values() ?? [])]
  }

  forget(zoneId: number): void {
    this.zones.delete(zoneId)
  }

  close(): void {
    this.stop()
    this.zones.clear()
  }

  private take({ zoneId, ...sighting }: SightingMessage): void {
    const clients = this.zones.get(zoneId) ?? new Map<string, Sighting>()
    const known = clients.get(sighting.address)
    if (known !== undefined && known.at > sighting.at) return
    // last seen, last forgotten
    clients.delete(sighting.address)
    clients.set(sighting.address, sighting)
    // those that are still there come again
    if (this.addresses.size >= MOST_ADDRESSES) this.addresses.clear()
    this.addresses.add(sighting.address)
    const [oldest] = clients.keys()
    if (clients.size > MOST_CLIENTS) clients.delete(oldest!)
    this.zones.set(zoneId, clients)
    this.onSighting(zoneId, sighting)
  }
}

function readSighting(json: string): SightingMessage | undefined {
  try {
    const { zoneId, address, serial, at } = JSON.parse(json) as Partial<SightingMessage>
    if (typeof zoneId !== 'number' || typeof address !== 'string') return undefined
    return typeof serial === 'number' && typeof at === 'number' ? { zoneId, address, serial, at } : undefined
  } catch {
    return undefined
  }
}
