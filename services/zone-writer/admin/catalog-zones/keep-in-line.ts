import type { AdminContext } from '../context.ts'
import { syncCatalogZones } from './sync.ts'

const PERIOD_MS = 30_000

/** Looks after the catalog zones again and again, for what a writer left undone that died. Returns how to stop. */
export function keepCatalogZonesInLine(admin: AdminContext): () => Promise<void> {
  let running = Promise.resolve()
  const round = () => {
    running = running.then(() =>
      syncCatalogZones(admin).catch((error) =>
        admin.log.warn({ error }, 'catalog zones not brought in line; next try later'),
      ),
    )
  }
  round()
  const timer = setInterval(round, PERIOD_MS).unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}
