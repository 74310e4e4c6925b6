import { randomBytes } from 'node:crypto'
import { TSIG_ALGORITHMS, type TsigAlgorithm } from '../../../shared/dns/tsig.ts'
import { ALGORITHMS } from '../../../shared/dns/tsig-algorithms.ts'
import { nearest } from '../../../shared/nearest.ts'
import { seal, tsigSecretPurpose } from '../../../shared/secrets/sealed.ts'
import type { Db } from '../store/admin-zones.ts'
import { allKeys, insertKey } from '../store/keys.ts'
import { type AdminContext, afterCommit } from './context.ts'
import { done, failure, type Outcome } from './failure.ts'
import { readCanonicalName } from './names.ts'

export interface KeyRequest {
  readonly name: string
  readonly algorithm?: string
  /** Base64; without one a random secret is made. */
  readonly secret?: string
}

/** The only place where a secret is shown, and only to the one who created the key. */
export interface CreatedKey {
  readonly name: string
  readonly algorithm: TsigAlgorithm
  readonly secret: string
  /** As tsig-keygen prints it: a file for `nsupdate -k`. */
  readonly clause: string
}

export interface KeyDescription {
  readonly name: string
  readonly algorithm: string
  readonly createdAt: string
}

/** Those that one gets without asking for something weak on purpose. */
const OFFERED = TSIG_ALGORITHMS.filter((algorithm) => !ALGORITHMS[algorithm].legacy)
const LEAST_OCTETS = 16
const MOST_OCTETS = 512

/** Creates a TSIG key, seals its secret, and tells the edges. */
export async function createKey(admin: AdminContext, request: KeyRequest): Promise<Outcome<CreatedKey>> {
  const name = readCanonicalName(request.name, 'key')
  if (!name.ok) return name
  const algorithm = algorithmNamed(request.algorithm ?? 'hmac-sha256')
  if (!algorithm.ok) return algorithm
  const secret =
    request.secret === undefined
      ? // RFC 2104 §3: as long as the hash's output
        done(randomBytes(ALGORITHMS[algorithm.value].macOctets))
      : givenSecret(request.secret)
  if (!secret.ok) return secret
  const sealedSecret = seal(admin.masterKey, tsigSecretPurpose(name.value), secret.value)
  const isNew = await insertKey(admin.db, { name: name.value, algorithm: algorithm.value, sealedSecret })
  if (!isNew)
    return failure('key-exists', `There is a key ${name.value} already; choose another name for the new one.`)
  await afterCommit(admin, 'key in the catalog', () => admin.catalog.keyChanged(name.value))
  const text = secret.value.toString('base64')
  const created = { name: name.value, algorithm: algorithm.value, secret: text }
  return done({ ...created, clause: keygenClause(created) })
}

/** Names and algorithms; a secret never leaves again. */
export async function listKeys(db: Db): Promise<KeyDescription[]> {
  const keys = await allKeys(db)
  return keys.map(({ name, algorithm, createdAt }) => ({
    name,
    algorithm,
    createdAt: createdAt.toISOString(),
  }))
}

function algorithmNamed(text: string): Outcome<TsigAlgorithm> {
  const wanted = text.toLowerCase().replace(/\.$/, '')
  const found = OFFERED.find((algorithm) => algorithm === wanted)
  if (found !== undefined) return done(found)
  const near = nearest(wanted, OFFERED)
  const hint = near === undefined ? `use ${OFFERED.join(' or ')}` : `did you mean ${near}?`
  return failure('bad-key', `'${text}' is not an algorithm that keys can have here; ${hint}.`)
}

/** The text of a wrong secret is never repeated: it may be a right one with a typing error. */
function givenSecret(text: string): Outcome<Buffer> {
  const compact = text.replaceAll(/\s/g, '')
  const octets = Buffer.from(compact, 'base64')
  if (octets.toString('base64').replaceAll('=', '') !== compact.replaceAll('=', ''))
    return failure('bad-key', 'The secret is not base64; `openssl rand -base64 32` makes one.')
  if (octets.length < LEAST_OCTETS || octets.length > MOST_OCTETS)
    return failure(
      'bad-key',
      `The secret has ${octets.length} octets; it must have ${LEAST_OCTETS} to ${MOST_OCTETS} (\`openssl rand -base64 32\`).`,
    )
  return done(octets)
}

function keygenClause({ name, algorithm, secret }: Omit<CreatedKey, 'clause'>): string {
  const label = name === '.' ? name : name.slice(0, -1)
  return `key "${label}" {\n\talgorithm ${algorithm};\n\tsecret "${secret}";\n};\n`
}
