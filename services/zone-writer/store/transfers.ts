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
    .select(['catalog', 'catalog_group'])
    .where('id', '=', sql<number>`any(${zoneIds}::bigint[])`)
    .execute()
  return new Map(
    rows.map(({ id, catalog, catalog_group, ...settings }) => [
      id,
      {
        ...settings,
        catalog: catalog === '' ? 'none' : (catalog ?? 'all'),
        catalogGroup: catalog_group ?? '',
      },
    ]),
  )
}

/** Changes what is given. The caller holds the zone's lock. */
export async function saveTransfers(
  trx: Transaction<Database>,
  zoneId: number,
  { allowTransfer, notify, notifyMode, catalog, catalogGroup }: Partial<TransferSettings>,
): Promise<void> {
  const columns = {
    ...(allowTransfer === undefined ? {} : { allow_transfer: [...allowTransfer] }),
    ...(notify === undefined ? {} : { notify: [...notify] }),
    ...(notifyMode === undefined ? {} : { notify_mode: notifyMode }),
    ...(catalog === undefined ? {} : { catalog: catalogColumn(catalog) }),
    ...(catalogGroup === undefined ? {} : { catalog_group: catalogGroup === '' ? null : catalogGroup }),
  }
  if (Object.keys(columns).length === 0) return
  await trx.updateTable('zone').set(columns).where('id', '=', zoneId).execute()
}

function catalogColumn(catalog: string): string | null {
  return catalog === 'all' ? null : catalog === 'none' ? '' : catalog
}
