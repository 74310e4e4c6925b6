import { Type, typeToText } from '../../../../shared/dns/codes.ts'
import { canonicalName, type Name, ROOT } from '../../../../shared/dns/name.ts'
import { rdataToText } from '../../../../shared/dns/rdata.ts'
import { readSig0Key, SIG0_ALGORITHMS, type Sig0Key } from '../../../../shared/dns/sig0.ts'
import { parseZoneFile } from '../../../../shared/dns/zone-file.ts'
import { inTransaction } from '../../store/admin-zones.ts'
import { deleteSig0Key, insertSig0Key, lockSig0Key, type StoredSig0Key } from '../../store/sig0-keys.ts'
import type { AdminContext } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { readCanonicalName } from '../names.ts'
import { keyName } from './key-name.ts'
import { inUse, usesOf } from './key-uses.ts'
import type { KeyDescription } from './list-keys.ts'
import { announceChange, type By, type Change, recordChange } from './record-change.ts'
import type { EndedKey, EndRequest } from './revoke-key.ts'

export interface Sig0KeyRequest {
  readonly name: string
  /** The KEY record as `dnssec-keygen -T KEY` writes it into its file K….key. */
  readonly publicKey: string
}

const FIELDS: readonly string[] = ['name', 'publicKey', 'by'] satisfies (keyof (Sig0KeyRequest & By))[]

export interface CreatedSig0Key {
  readonly name: Name
  readonly kind: 'sig0'
  readonly algorithm: string
  readonly keyTag: number
  readonly warnings: readonly string[]
}

/** Registers a public key, whose owner then may sign by SIG(0) (RFC 2931), and tells the edges. */
export async function createSig0Key(
  admin: AdminContext,
  request: Sig0KeyRequest & By,
): Promise<Outcome<CreatedSig0Key>> {
  const others = Object.keys(request).filter((field) => !FIELDS.includes(field))
  if (others.length > 0)
    return failure('bad-key', `A public key brings all with it; leave out ${others.join(', ')}.`)
  const name = keyName(request.name)
  if (!name.ok) return name
  const read = readKeyRecord(name.value, request.publicKey)
  if (!read.ok) return read
  const { key, rdata } = read.value
  const algorithm = SIG0_ALGORITHMS[key.algorithm]
  const detail = `with a public key of ${algorithm}, tag ${key.keyTag}`
  const change: Change = { name: key.name, by: request.by, change: 'created', detail }
  const created = await inTransaction(admin.db, async (trx) => {
    const row = { name: key.name, rdata, createdAt: new Date(admin.now()), createdBy: request.by }
    if (!(await insertSig0Key(trx, row)))
      return failure('key-exists', `There is a key ${key.name} already; its name is not free for another.`)
    await recordChange(admin, trx, change)
    return done(await usesOf(trx, key.name))
  })
  if (!created.ok) return created
  await announceChange(admin, change)
  const warnings = created.value.map(
    ({ message }) => `a rule names it already, and holds at once: ${message}`,
  )
  return done({ name: key.name, kind: 'sig0', algorithm, keyTag: key.keyTag, warnings })
}

/** Forgets a public key; undefined when that is no name of one. */
export async function removeSig0Key(
  admin: AdminContext,
  text: string,
  request: EndRequest & { readonly force?: boolean },
): Promise<Outcome<EndedKey> | undefined> {
  const name = readCanonicalName(text, 'key')
  if (!name.ok) return name
  const removed = await inTransaction(admin.db, async (trx) => {
    const key = await lockSig0Key(trx, name.value)
    if (key === undefined) return undefined
    const used = request.force === true ? undefined : await inUse(trx, key.name, 'deleted', request.reader)
    if (used !== undefined) return used
    const namedBy = await usesOf(trx, key.name, request.reader)
    await deleteSig0Key(trx, key.name)
    const detail = namedBy.length === 0 ? '' : `by force: ${namedBy.length} rules name it`
    const change: Change = { name: key.name, by: request.by, change: 'deleted', detail }
    await recordChange(admin, trx, change)
    return done({ change, namedBy: namedBy.map(({ message }) => message) })
  })
  if (removed === undefined || !removed.ok) return removed
  await announceChange(admin, removed.value.change)
  return done({ name: name.value, ended: [], namedBy: removed.value.namedBy })
}

export function describeSig0Key({ name, rdata, createdAt, createdBy }: StoredSig0Key): KeyDescription {
  const key = readSig0Key(name, rdata)
  return {
    name,
    kind: 'sig0',
    // a newer zonelog may know more algorithms
    algorithm: key.ok ? SIG0_ALGORITHMS[key.value.algorithm] : `algorithm ${rdata[3]}`,
    state: 'active',
    createdAt: createdAt.toISOString(),
    createdBy,
    expiresAt: null,
    leastMac: null,
    secrets: [],
    publicKey: `${name} IN KEY ${rdataToText(Type.KEY, rdata)}`,
  }
}

function readKeyRecord(name: Name, text: string): Outcome<{ key: Sig0Key; rdata: Uint8Array }> {
  // never repeated: it may be the private key, given by mistake
  if (/^\s*(Private-key-format|-----BEGIN)/m.test(text))
    return failure('bad-key', `That is a private key. ${EXPECTED}; the private key stays with its owner.`)
  const file = parseZoneFile(text, { origin: ROOT, defaultTtl: 0 })
  if (!file.ok) return failure('bad-key', `The public key cannot be read. ${EXPECTED}.`, file.errors)
  const [record, ...more] = file.records
  if (record === undefined || more.length > 0)
    return failure('bad-key', `${file.records.length} records were given. ${EXPECTED}.`)
  if (record.type !== Type.KEY)
    return failure('bad-key', `That is a record of type ${typeToText(record.type)}. ${EXPECTED}.`)
  const owner = canonicalName(record.name)
  if (owner !== name)
    return failure(
      'bad-key',
      `The KEY record belongs to ${owner}, and its owner signs by that name: zonelog key create ${owner.slice(0, -1)} --public-key FILE`,
    )
  const key = readSig0Key(name, record.rdata)
  if (!key.ok) return failure('bad-key', `The KEY record of ${owner} cannot be used: ${key.reason}.`)
  return done({ key: key.value, rdata: record.rdata })
}

const EXPECTED =
  'One KEY record is expected, the file K….key that `dnssec-keygen -T KEY -n HOST -a ECDSAP256SHA256 NAME` writes'
