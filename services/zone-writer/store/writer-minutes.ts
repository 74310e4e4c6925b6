import { sql } from 'kysely'
import type { MinuteActivity } from '../../../shared/messaging/activity.ts'
import type { Db } from './admin-zones.ts'

/** What a writer decided in these minutes, in the place of what it said before. */
export async function saveMinutes(
  db: Db,
  writerId: string,
  minutes: readonly MinuteActivity[],
): Promise<void> {
  const rows = minutes.map(({ at, ...counts }) => ({ at: new Date(at), writer_id: writerId, ...counts }))
  await db
    .insertInto('writer_minute')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['at', 'writer_id']).doUpdateSet(({ ref }) => ({
        applied: ref('excluded.applied'),
        unchanged: ref('excluded.unchanged'),
        refused: ref('excluded.refused'),
      })),
    )
    .execute()
}

/** What all writers, or one, decided since then (ms), minute by minute, oldest first, by the writer's id. */
export async function minutesSince(
  db: Db,
  since: number,
  writerId?: string,
): Promise<Map<string, MinuteActivity[]>> {
  const rows = await db
    .selectFrom('writer_minute')
    .select(['writer_id', 'at', 'applied', 'unchanged', 'refused'])
    .where('at', '>', new Date(since))
    .$if(writerId !== undefined, (query) => query.where('writer_id', '=', writerId!))
    .orderBy('at')
    .execute()
  const byWriter = Map.groupBy(rows, (row) => row.writer_id)
  return new Map(
    [...byWriter].map(([id, minutes]) => [
      id,
      minutes.map(({ at, applied, unchanged, refused }) => ({ at: +at, applied, unchanged, refused })),
    ]),
  )
}

export async function forgetMinutes(db: Db, before: number): Promise<void> {
  await db
    .deleteFrom('writer_minute')
    .where(sql<boolean>`at < ${new Date(before)}`)
    .execute()
}
