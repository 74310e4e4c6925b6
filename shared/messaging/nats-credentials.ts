import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { type ConnectionOptions, credsAuthenticator, nkeyAuthenticator } from 'nats'
import type { NatsAccess } from '../config/nats.ts'
import { ConfigError } from '../config.ts'

const EVERYBODY = 0o007

/**
 * What the library is told of TLS and of who we are. Files are read now; certificates and keys again at each connection. Throws a
 * {@link ConfigError} that names the variable.
 */
export function credentialOptions(access: NatsAccess, url: URL): Partial<ConnectionOptions> {
  return { ...tlsOptions(access, url), ...identityOptions(access, url) }
}

function tlsOptions({ caFile, certFile, keyFile }: NatsAccess, url: URL): Partial<ConnectionOptions> {
  if (url.protocol !== 'tls:' && caFile === undefined && certFile === undefined) return {}
  if (caFile !== undefined) readOrExplain('ZONELOG_NATS_CA', caFile, false)
  if (certFile !== undefined) readOrExplain('ZONELOG_NATS_CERT', certFile, false)
  if (keyFile !== undefined) readOrExplain('ZONELOG_NATS_KEY', keyFile, true)
  // with any of these the library does not connect to a server that offers no TLS
  return { tls: { ...(caFile && { caFile }), ...(certFile && { certFile, keyFile: keyFile! }) } }
}

function identityOptions({ credsFile, nkeyFile }: NatsAccess, url: URL): Partial<ConnectionOptions> {
  if (credsFile !== undefined) {
    const creds = readOrExplain('ZONELOG_NATS_CREDS_FILE', credsFile, true)
    return { authenticator: credsAuthenticator(creds) }
  }
  if (nkeyFile !== undefined) {
    const seed = readOrExplain('ZONELOG_NATS_NKEY_FILE', nkeyFile, true).toString('latin1').trim()
    if (!/^SU[A-Z2-7]{56}$/.test(seed))
      throw new ConfigError(`${nkeyFile} (ZONELOG_NATS_NKEY_FILE) must hold the seed of a user nkey, SU…`)
    return { authenticator: nkeyAuthenticator(Buffer.from(seed)) }
  }
  const { username, password } = url
  return username === '' ? {} : { user: decodeURIComponent(username), pass: decodeURIComponent(password) }
}

function readOrExplain(variable: string, file: string, isSecret: boolean): Buffer {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const mode = fstatSync(descriptor).mode & 0o777
    if (isSecret && process.platform !== 'win32' && (mode & EVERYBODY) !== 0)
      throw new ConfigError(
        `${file} (${variable}) can be read by everybody (mode ${mode.toString(8).padStart(4, '0')}): chmod 600 ${file}`,
      )
    return readFileSync(descriptor)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError(`${file} (${variable}) cannot be read (${code})`, { cause: error })
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}
