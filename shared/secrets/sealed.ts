import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const VERSION = 1
const NONCE_LENGTH = 12
const TAG_LENGTH = 16

/** Opens and seals what must not be read from a database or a message bus. */
export type MasterKey = Uint8Array & { readonly __masterKey: true }

/** A master key that is missing or of no use, or a sealed text that it does not open. */
export class SecretError extends Error {}

/** AES-256-GCM; `purpose` is bound to the sealed text, so that it opens for nothing else. */
export function seal(key: MasterKey, purpose: string, clear: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_LENGTH)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose, 'utf8'))
  const body = Buffer.concat([cipher.update(clear), cipher.final()])
  return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body])
}

/** The clear text; throws {@link SecretError} when key, purpose or octets are not those of {@link seal}. */
export function open(key: MasterKey, purpose: string, sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_LENGTH + TAG_LENGTH)
    throw new SecretError(`${purpose}: not a sealed text of version ${VERSION}`)
  const nonce = sealed.subarray(1, 1 + NONCE_LENGTH)
  const tag = sealed.subarray(1 + NONCE_LENGTH, 1 + NONCE_LENGTH + TAG_LENGTH)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
    .setAAD(Buffer.from(purpose, 'utf8'))
    .setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_LENGTH + TAG_LENGTH)), decipher.final()])
  } catch {
    throw new SecretError(`${purpose}: the master key does not open it; it was sealed under another key`)
  }
}

/** Purpose of a TSIG secret: sealed for one key's name. */
export function tsigSecretPurpose(keyName: string): string {
  return `tsig-secret ${keyName}`
}
