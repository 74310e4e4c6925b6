import type { Name } from '../../../../shared/dns/name.ts'
import type { TsigAlgorithm } from '../../../../shared/dns/tsig.ts'
import { keygenClause } from '../../../../shared/key-forms.ts'
import { inTransaction } from '../../store/admin-zones.ts'
import { insertKey, insertSecret } from '../../store/keys.ts'
import type { AdminContext } from '../context.ts'
import { done, failure, type Outcome } from '../failure.ts'
import { newSecret, type SecretRequest } from './given-secret.ts'
import { checkLeastMac, chooseAlgorithm } from './key-algorithm.ts'
import { readExpiry } from './key-moment.ts'
import { keyName } from './key-name.ts'
import { usesOf } from './key-uses.ts'
import { announceChange, type By, type Change, recordChange } from './record-change.ts'
import { sealSecret } from './seal-secret.ts'

export interface KeyRequest extends SecretRequest {
  readonly name: string
  readonly algorithm?: string
  /** For an algorithm that is broken. */
  readonly allowLegacy?: boolean
  /** ISO 8601; null or left out for never. */
  readonly expiresAt?: string | null
  /** The shortest MAC that is accepted, in octets; a whole one unless given. */
  readonly leastMac?: number
}

/** The only place where a secret is shown, and only to the one who created it. */
export interface CreatedKey {
  readonly name: Name
  readonly algorithm: TsigAlgorithm
  /** Of the secret. */
  readonly id: number
  readonly secret: string
  /** As tsig-keygen prints it: a file for `nsupdate -k`. */
  readonly clause: string
  readonly expiresAt: string | null
  readonly warnings: readonly string[]
}

/** Creates a TSIG key with one secret, and tells the edges. */
export async function createKey(admin: AdminContext, request: KeyRequest & By): Promise<Outcome<CreatedKey>> {
  const read = readRequest(admin, request)
  if (!read.ok) return read
  const { name, algorithm, secret, expiresAt, leastMacOctets, warnings } = read.value
  const now = new Date(admin.now())
  const change: Change = { name, by: request.by, change: 'created', detail: `with a secret of ${algorithm}` }
  const created = await inTransaction(admin.db, async (trx) => {
    const sealed = await sealSecret(admin, trx, name, secret)
    const made = { createdAt: now, createdBy: request.by }
    if (!(await insertKey(trx, { ...made, name, expiresAt, leastMacOctets })))
      return failure(
        'key-exists',
        `There is a key ${name} already; choose another name, or give it a new secret: zonelog key rotate ${name.slice(0, -1)}`,
      )
    const id = await insertSecret(trx, name, { ...made, algorithm, sealed })
    await recordChange(admin, trx, change)
    return done({ id, named: await usesOf(trx, name) })
  })
  if (!created.ok) return created
  await announceChange(admin, change)
  const { id, named } = created.value
  const before = named.map(({ message }) => `it is named already, which holds at once: ${message}`)
  return done({
    ...shownSecret(name, algorithm, secret),
    id,
    expiresAt: expiresAt?.toISOString() ?? null,
    warnings: [...warnings, ...before],
  })
}

/** A new secret as its owner gets it, once. */
export function shownSecret(name: Name, algorithm: TsigAlgorithm, octets: Buffer) {
  const secret = octets.toString('base64')
  return { name, algorithm, secret, clause: keygenClause({ name, algorithm, secret }) }
}

function readRequest(admin: AdminContext, request: KeyRequest) {
  const name = keyName(request.name)
  if (!name.ok) return name
  const chosen = chooseAlgorithm(request.algorithm ?? 'hmac-sha256', request.allowLegacy ?? false)
  if (!chosen.ok) return chosen
  const { algorithm, warnings } = chosen.value
  const leastMac = checkLeastMac(algorithm, request.leastMac ?? chosen.value.leastMac)
  if (!leastMac.ok) return leastMac
  const secret = newSecret(algorithm, request)
  if (!secret.ok) return secret
  const expiresAt = readExpiry(request.expiresAt ?? null, admin.now())
  if (!expiresAt.ok) return expiresAt
  return done({
    name: name.value,
    algorithm,
    leastMacOctets: leastMac.value,
    warnings,
    secret: secret.value,
    expiresAt: expiresAt.value,
  })
}
