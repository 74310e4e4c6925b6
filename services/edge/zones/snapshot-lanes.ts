import { SMALL_PARTS } from '../../../shared/messaging/zone-service.ts'
import { Gate } from './gate.ts'
import type { SnapshotProgress } from './zone-client.ts'

/** A zone that was taken for a small one is not. */
class Larger extends Error {}

/** Stops a fetch, by throwing, when it may not go on. */
export type MayGoOn = (progress: Pick<SnapshotProgress, 'parts' | 'isWhole'>) => void

/**
 * Lets a number of snapshots be fetched at once, and lets small zones pass by the large ones, which take long. How large a zone is
 * shows only when it comes: a large one is begun again in its own lane.
 */
export class SnapshotLanes {
  private readonly small: Gate
  private readonly large: Gate

  constructor(atOnce: number) {
    this.small = new Gate(atOnce)
    this.large = new Gate(atOnce)
  }

  /** `zone` remembers in which lane it belongs. */
  async pass<T>(zone: { isLarge: boolean }, fetch: (mayGoOn: MayGoOn) => Promise<T>): Promise<T> {
    if (!zone.isLarge) {
      try {
        return await this.small.pass(() => fetch(onlySmall))
      } catch (error) {
        if (!(error instanceof Larger)) throw error
        zone.isLarge = true
      }
    }
    return await this.large.pass(() => fetch(() => {}))
  }
}

function onlySmall({ parts, isWhole }: Parameters<MayGoOn>[0]): void {
  if (!isWhole && parts >= SMALL_PARTS) throw new Larger()
}
