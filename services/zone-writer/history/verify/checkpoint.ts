import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import type { Name } from '../../../../shared/dns/name.ts'
import { hex } from './chain.ts'

/** What a checkpoint says: that the history of a zone had this hash at this event. */
export interface Checkpoint {
  readonly zoneId: number
  readonly zone: Name
  readonly seq: number
  readonly serial: number
  readonly hash: Uint8Array
  /** When it was made, in ms since the epoch. */
  readonly at: number
}

/** A statement with its signature, as it is stored, published and exported. */
export interface SignedCheckpoint {
  readonly statement: string
  readonly signature: Uint8Array
}

/** Ed25519 (RFC 8032); `public` as it is printed and given to `verify`. */
export interface SigningKey {
  readonly private: KeyObject
  readonly public: string
}

const FORM = 'zonelog checkpoint 1'
const KEY_FORM = /^ed25519:([A-Za-z0-9+/]{43}=)$/

export function signCheckpoint(key: SigningKey, checkpoint: Checkpoint): SignedCheckpoint {
  const statement = statementOf(checkpoint, key.public)
  return { statement, signature: sign(null, Buffer.from(statement, 'utf8'), key.private) }
}

/** One fact a line, each once, in this order: what is signed. */
function statementOf({ zoneId, zone, seq, serial, hash, at }: Checkpoint, key: string): string {
  return [
    FORM,
    `zone ${zoneId} ${zone}`,
    `event ${seq}`,
    `serial ${serial}`,
    `hash ${hex(hash)}`,
    `time ${new Date(at).toISOString()}`,
    `key ${key}`,
    '',
  ].join('\n')
}

/**
 * What a checkpoint says, when a public key that is believed signed it; `not-signed` when none did, or the statement cannot be read.
 * Whose keys are given decides what it is worth.
 */
export function readCheckpoint(
  { statement, signature }: SignedCheckpoint,
  publicKeys: string,
): Checkpoint | 'not-signed' {
  if (!isSignedBy(statement, signature, publicKeys)) return 'not-signed'
  const found =
    /^zonelog checkpoint 1\nzone (\d+) (\S+)\nevent (\d+)\nserial (\d+)\nhash ([0-9a-f]{64})\ntime (\S+)\nkey \S+\n$/.exec(
      statement,
    )
  if (found === null) return 'not-signed'
  const [, zoneId, zone, seq, serial, hash, time] = found as unknown as string[]
  return {
    zoneId: Number(zoneId),
    zone: zone as Name,
    seq: Number(seq),
    serial: Number(serial),
    hash: Buffer.from(hash!, 'hex'),
    at: Date.parse(time!),
  }
}

/** Whether one of these public keys signed a text. */
export function isSignedBy(text: string, signature: Uint8Array, publicKeys: string): boolean {
  const octets = Buffer.from(text, 'utf8')
  return publicKeyObjects(publicKeys).some((key) => verify(null, octets, key, signature))
}

/** Keys with white space between them, as a file has them that was kept. Throws a RangeError where one is none. */
export function publicKeyObjects(text: string): KeyObject[] {
  return text.trim().split(/\s+/).map(publicKeyObject)
}

/** Reads `ed25519:BASE64`. Throws a RangeError for anything else. */
export function publicKeyObject(text: string): KeyObject {
  const raw = KEY_FORM.exec(text.trim())?.[1]
  if (raw === undefined) throw new RangeError('a public key is expected as ed25519: and 32 octets in base64')
  const x = Buffer.from(raw, 'base64').toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

/** A private key with its public one; from PEM (PKCS 8) as `openssl genpkey -algorithm ed25519` makes it. Throws a RangeError. */
export function signingKey(pem: string): SigningKey {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new RangeError('not a private key in PEM')
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new RangeError(`a key for Ed25519 is expected, this one is for ${key.asymmetricKeyType}`)
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return { private: key, public: `ed25519:${Buffer.from(x!, 'base64url').toString('base64')}` }
}
