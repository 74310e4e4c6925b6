import type { Name } from '../../../shared/dns/name.ts'
import { nearest } from '../../../shared/nearest.ts'
import { parseNotifyTarget } from '../../../shared/transfers/notify-target.ts'
import { parseTransferGrant } from '../../../shared/transfers/transfer-grant.ts'
import type { TransferSettings } from '../../../shared/transfers/transfer-settings.ts'
import type { DbTransaction } from '../store/admin-zones.ts'
import { isCatalogZone } from '../store/catalog-members.ts'
import { holdKeys } from '../store/keys.ts'
import type { Access } from './access.ts'
import { done, type FailureDetail, failure, type Outcome } from './failure.ts'
import { keysToHint } from './keys/keys-seen.ts'
import { namingLack } from './keys/naming-lack.ts'
import { readCanonicalName } from './names.ts'

/** Settings that were read, with the keys that they name. */
export interface CheckedTransfers {
  readonly settings: Partial<TransferSettings>
  readonly keys: readonly Name[]
}

/** The settings in the form in which they are stored; all faults at once. */
export function checkTransfers(given: Partial<TransferSettings>): Outcome<CheckedTransfers> {
  const faults: FailureDetail[] = []
  const keys = new Set<Name>()
  const read =
    (parse: typeof parseTransferGrant | typeof parseNotifyTarget) =>
    (text: string): string => {
      const parsed = parse(text)
      if (!parsed.ok) {
        faults.push({ message: parsed.reason })
        return text
      }
      if (parsed.value.key !== undefined) keys.add(parsed.value.key)
      return parsed.value.text
    }
  const settings = {
    ...(given.allowTransfer && { allowTransfer: unique(given.allowTransfer.map(read(parseTransferGrant))) }),
    ...(given.notify && { notify: unique(given.notify.map(read(parseNotifyTarget))) }),
    ...(given.notifyMode && { notifyMode: given.notifyMode }),
    ...(given.catalog !== undefined && { catalog: catalogFrom(given.catalog, faults) }),
    ...(given.catalogGroup !== undefined && { catalogGroup: given.catalogGroup }),
  }
  if (faults.length === 0) return done({ settings, keys: [...keys] })
  return failure(
    'bad-transfer',
    'Transfers are allowed to KEY, CIDR or KEY+ip:CIDR; servers to notify are [KEY+]HOST[:PORT]; a catalog is all, none or a zone.',
    faults,
  )
}

function catalogFrom(text: string, faults: FailureDetail[]): string {
  if (text === 'all' || text === 'none') return text
  const name = readCanonicalName(text, 'catalog zone')
  if (!name.ok) faults.push({ message: name.message })
  return name.ok ? name.value : text
}

/**
 * Fails when a key or catalog zone that is named does not exist; keys that do go on to exist until the transaction ends.
 */
export async function holdTransferNames(
  trx: DbTransaction,
  { settings, keys }: CheckedTransfers,
  access?: Access,
): Promise<Outcome<undefined>> {
  const { catalog = 'all' } = settings
  if (catalog !== 'all' && catalog !== 'none' && !(await isCatalogZone(trx, catalog)))
    return failure(
      'bad-transfer',
      `${catalog} is not a catalog zone; \`zonelog zone create ${catalog} --catalog\` makes one.`,
    )
  if (keys.length === 0) return done(undefined)
  const lack = await namingLack(trx, access, { keys })
  if (lack !== undefined) return lack
  const missing = [...new Set(keys).difference(await holdKeys(trx, [...keys]))]
  if (missing.length === 0) return done(undefined)
  const known = await keysToHint(trx, access)
  return failure(
    'unknown-key',
    'Transfers cannot be allowed to, nor NOTIFY be signed with, keys that do not exist; create them first.',
    missing.map((name) => ({ message: describe(name, nearest(name, known)) })),
  )
}

function describe(name: Name, near: string | undefined): string {
  const hint =
    near === undefined ? `zonelog key create ${name.slice(0, -1)}` : `did you mean ${near.slice(0, -1)}?`
  return `'${name.slice(0, -1)}' is neither a TSIG key here nor an address; ${hint}`
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
