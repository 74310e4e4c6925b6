import { randomUUID } from 'node:crypto'
import type { AcmeDnsConfig } from '../../../../shared/config/acme-dns.ts'
import type { Name } from '../../../../shared/dns/name.ts'
import type {
  AccountRefusal,
  AccountReply,
  AccountRequest,
} from '../../../../shared/messaging/account-service.ts'
import { type DbTransaction, findZone, inTransaction } from '../../store/admin-zones.ts'
import { countRegistered, findUpdateTokenByHash, insertUpdateToken } from '../../store/update-tokens.ts'
import type { AdminContext } from '../context.ts'
import { liveSecrets } from './key-life.ts'
import { lockedKey } from './key-named.ts'
import { recordChange } from './record-change.ts'
import { announceUpdateToken, type ChangedUpdateToken } from './update-tokens.ts'

/** Accounts that one network may register in an hour. */
export const MOST_IN_AN_HOUR = 10

const HOUR_MS = 3_600_000

/**
 * Makes a token for one random name below the zone that the setting names. Whoever asked is nobody, so all that he decides is from where it
 * may be used. A request that comes again gets the account that is there.
 */
export async function registerAccount(
  admin: AdminContext,
  settings: AcmeDnsConfig | undefined,
  request: AccountRequest,
): Promise<AccountReply> {
  if (settings === undefined) return refused('off')
  const made = await inTransaction(admin.db, (trx) => register(admin, trx, settings, request))
  if (typeof made === 'string') return refused(made)
  await announceUpdateToken(admin, made)
  const { name, names } = made.stored
  return { kind: 'account', user: name, name: names[0]! }
}

async function register(
  admin: AdminContext,
  trx: DbTransaction,
  { zone, key: keyName, mostAccounts }: AcmeDnsConfig,
  { hash, allowFrom, network, edgeId }: AccountRequest,
): Promise<ChangedUpdateToken | AccountRefusal> {
  const key = await lockedKey(trx, keyName)
  if (!key.ok || liveSecrets(key.value, admin.now()).length === 0) return 'no-key'
  if ((await findZone(trx, zone)) === undefined) return 'no-zone'
  const change = { name: keyName, by: 'unsigned', change: 'token created' } as const
  const known = await findUpdateTokenByHash(trx, hash)
  if (known !== undefined)
    return { stored: known, change: { ...change, detail: `token ${known.name} again` } }
  const since = new Date(admin.now() - HOUR_MS)
  const { ofKey, ofNetwork } = await countRegistered(trx, { key: keyName, network, since })
  if (ofKey >= mostAccounts) return 'full'
  if (ofNetwork >= MOST_IN_AN_HOUR) return 'too-many'
  const account = {
    key: keyName,
    name: randomUUID(),
    hash,
    names: [nameBelow(zone)],
    createdAt: new Date(admin.now()),
    createdBy: 'unsigned',
    expiresAt: undefined,
    allowFrom,
    registeredFrom: network,
    leaseSeconds: undefined,
  }
  const id = await insertUpdateToken(trx, account)
  if (id === undefined) return 'busy'
  const detail = `token ${account.name} for ${account.names[0]}, registered from ${network} at ${edgeId}`
  await recordChange(admin, trx, { ...change, detail })
  return { stored: { ...account, id }, change: { ...change, detail } }
}

function nameBelow(zone: Name): Name {
  return `${randomUUID()}.${zone === '.' ? '' : zone}` as Name
}

function refused(why: AccountRefusal): AccountReply {
  return { kind: 'refused', why }
}
