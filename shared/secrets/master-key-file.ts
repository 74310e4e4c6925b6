import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { type MasterKey, SecretError } from './sealed.ts'

const LENGTH = 32
const OTHERS = 0o077
const OTHERS_BUT_READING_GROUP = 0o037

/** 32 octets as base64 or as hex; undefined for anything else. */
export function masterKeyFrom(text: string): MasterKey | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex') as Uint8Array as MasterKey
  const key = Buffer.from(text, 'base64')
  const isBase64 = key.toString('base64').replaceAll('=', '') === text.replace(/=$/, '')
  return isBase64 && key.length === LENGTH ? (key as Uint8Array as MasterKey) : undefined
}

/**
 * Reads a master key: 32 octets, base64 or hex, on one line. Undefined when there is no such file; throws a SecretError for one
 * that cannot be read, that others can read, or that holds anything else.
 */
export function readMasterKeyFile(file: string): MasterKey | undefined {
  const text = privateText(file)
  if (text === undefined) return undefined
  const key = masterKeyFrom(text.trim())
  if (key !== undefined) return key
  throw new SecretError(
    `the master key ${file} must hold 32 octets as base64 or hex (openssl rand -base64 32)`,
  )
}

function privateText(file: string): string | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const stat = fstatSync(descriptor)
    if (process.platform !== 'win32' && isTooOpen(stat, process.getuid?.()))
      throw readable(file, stat.mode & 0o777)
    return readFileSync(descriptor, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (error instanceof SecretError) throw error
    throw new SecretError(`the master key ${file} cannot be read (${code})`)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/**
 * Whether others than its user can read a file, or change it. One of root's is handed to a service by its group, or by an access list,
 * whose mask shows as the group's rights: systemd does so with credentials (LoadCredential=) of a service with a user of its own.
 */
export function isTooOpen(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  ownUid: number | undefined,
): boolean {
  const isHandedOn = uid === 0 && ownUid !== 0
  return (mode & (isHandedOn ? OTHERS_BUT_READING_GROUP : OTHERS)) !== 0
}

function readable(file: string, mode: number): SecretError {
  return new SecretError(
    `the master key ${file} can be read by others (mode ${mode.toString(8).padStart(4, '0')}): chmod 600 ${file}`,
  )
}
