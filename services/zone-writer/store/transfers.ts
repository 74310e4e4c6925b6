import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../../../shared/database/schema.ts'
import type { Name } from '../../../shared/dns/name.ts'
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

/** Where zones name a key for transfers or NOTIFY: as `KEY` or `KEY+…`. */
export async function transfersNaming(
  db: Kysely<Database>,
  key: Name,
): Promise<{ zone: string; setting: 'allow-transfer' | 'notify'; text: string }[]> {
  const short = key === '.' ? key : key.slice(0, -1)
  const { rows } = await sql<{ zone: string; setting: 'allow-transfer' | 'notify'; text: string }>`
    select zone.name as zone, setting, text
    from zone, lateral (
      select 'allow-transfer' as setting, unnest(allow_transfer) as text
      union all select 'notify', unnest(notify)
    ) named
    where deleted_at is null and (text = ${short} and setting = 'allow-transfer' or starts_with(text, ${`${short}+`}))
    order by zone.name, setting, text`.execute(db)
  return rows
}

function catalogColumn(catalog: string): string | null {
  return catalog === 'all' ? null : catalog === 'none' ? '' : catalog
}
