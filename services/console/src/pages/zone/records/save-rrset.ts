import type { RRset } from '../../../api/operations.ts'
import { ApiError } from '../../../api/problem.ts'
import { changeRecords, findRRset } from '../../../api/records.ts'
import { isSame } from './record-draft.ts'

/** Somebody else changed the RRset since it was looked at. */
export interface Conflict {
  readonly kind: 'conflict'
  /** As it is now; undefined when it is gone. */
  readonly present: RRset | undefined
}

interface Saved {
  readonly kind: 'saved'
  readonly serial: number
}

/** In a zone that changes all the time, another name's change must not keep anybody from saving. */
const MOST_TRIES = 8

/**
 * Puts `after` in the place of the RRset that was seen; undefined takes it away. Nothing is written when the RRset is another than the
 * one that was seen: the change holds for the serial at which that was looked up, and is tried again when the zone has moved on elsewhere.
 * What is there already, after an answer that got lost or by somebody else, is saved.
 */
export async function saveRRset(
  zone: string,
  seen: RRset | undefined,
  after: RRset | undefined,
): Promise<Conflict | Saved> {
  const { name, type } = (after ?? seen)!
  for (let tries = 1; ; tries++) {
    const { rrset: present, serial } = await findRRset(zone, name, type)
    if (isSame(present, after)) return { kind: 'saved', serial }
    if (!isSame(present, seen)) return { kind: 'conflict', present }
    try {
      const changed = await changeRecords(zone, { name, type, after }, { ifSerial: serial })
      return { kind: 'saved', serial: changed.serial }
    } catch (error) {
      const hasMoved = error instanceof ApiError && error.problem.code === 'serial-changed'
      if (!hasMoved || tries === MOST_TRIES) throw error
    }
  }
}
