import type { Name } from '../../../shared/dns/name.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import type { Logger } from '../../../shared/log.ts'
import type { MasterKeys } from '../../../shared/secrets/master-keys.ts'
import type { Db } from '../store/admin-zones.ts'

/** Sends committed events to the edges. What it cannot send now, a sweep sends later. */
export interface Publisher {
  publish(events: readonly ZoneEvent[]): Promise<void>
  /** Announces an event that is too large for a message, or to be loaded for it. */
  publishNotice(event: { zoneId: number; seq: number }): Promise<void>
}

/** Tells the edges that a zone or a key is new or changed. */
export interface CatalogUpdates {
  zoneChanged(zoneId: number): Promise<void>
  keyChanged(name: Name): Promise<void>
  /** Or is gone. */
  updateTokenChanged(id: number): Promise<void>
  /** As after all secrets were sealed anew. */
  everythingChanged(): Promise<void>
}

/** What the functions of the administration work with. */
export interface AdminContext {
  readonly db: Db
  readonly log: Logger
  readonly masterKeys: MasterKeys
  readonly publisher: Publisher
  readonly catalog: CatalogUpdates
  /** Stands in events of the API where those of edges have the edge's name. */
  readonly writerId: string
  /** Ms since the epoch. */
  readonly now: () => number
  /** Nothing that is done stays, so nobody is told of it (dry-run.ts). */
  readonly isDryRun?: true
}

/** For what follows a commit: it is done again later by itself, so a failure is no failure of the request. */
export async function afterCommit(
  admin: AdminContext,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  if (admin.isDryRun) return
  try {
    await work()
  } catch (error) {
    admin.log.warn({ error, what }, 'committed, but not yet told to the edges; it will be tried again')
  }
}
