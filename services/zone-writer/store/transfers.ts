import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { TransferSettings } from '../../../shared/transfers/transfer-settings.ts'

/** By zone; zones that do not exist are left out. */
export async function loadTransfers(
  db: Kysely<Database>,
  zoneIds: readonly number[],
): Promise<Map<number, TransferSettings>> {
  const rows = await db
    .selectFrom('zone')
    .select(['id', 'allow_transfer as allowTransfer', 'notify', 'notify_mode as notifyMode'])
    .where('id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .execute()
  return new Map(rows.map(({ id, ...settings }) => [id, settings]))
}

/** Changes what is given. The caller holds the zone's lock. */
export async function saveTransfers(
  trx: Transaction<Database>,
  zoneId: number,
  { allowTransfer, notify, notifyMode }: Partial<TransferSettings>,
): Promise<void> {
  const columns = {
    ...(allowTransfer === undefined ? {} : { allow_transfer: [...allowTransfer] }),
    ...(notify === undefined ? {} : { notify: [...notify] }),
    ...(notifyMode === undefined ? {} : { notify_mode: notifyMode }),
  }
  if (Object.keys(columns).length === 0) return
  await trx.updateTable('zone').set(columns).where('id', '=', zoneId).execute()
}
