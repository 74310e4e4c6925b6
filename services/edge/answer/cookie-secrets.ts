import { hkdfSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../../../shared/config.ts'
import type { MasterKey } from '../../../shared/secrets/sealed.ts'
import { type SipHashKey, sipHashKey } from '../../../shared/siphash.ts'
import type { SecretsAt } from './cookies.ts'

/** A secret serves for a day, well within the 36 that RFC 7873 §7.1 allows. */
const DAY_SECONDS = 86_400
/** A cookie lives for an hour, so it is of today or of yesterday; one of tomorrow comes from a clock that is ahead. */
const DAYS_KEPT = 3

/**
 * Secrets that follow from the master keys and the day (UTC): every edge has the same without being told, and each day has
 * another. A cookie tells when it was made, and so by which. The first key makes cookies, those of each are accepted.
 */
export function derivedSecrets(masterKeys: readonly MasterKey[]): SecretsAt {
  const days = new Map<number, readonly SipHashKey[]>()
  return (seconds) => {
    const day = Math.floor(seconds / DAY_SECONDS)
    let secrets = days.get(day)
    if (secrets === undefined) {
      secrets = masterKeys.map((key) => derive(key, day))
      if (days.size >= DAYS_KEPT) days.clear()
      days.set(day, secrets)
    }
    return secrets
  }
}

function derive(masterKey: MasterKey, day: number): SipHashKey {
  const octets = hkdfSync('sha256', masterKey, new Uint8Array(0), `zonelog dns-cookie ${day}`, 16)
  return sipHashKey(new Uint8Array(octets))
}

/**
 * Secrets from a file, for a set of servers that are not all zonelog: 32 hexadecimal digits a line, the one in use first, then
 * those that are still accepted. Throws a {@link ConfigError} that says what is wrong, never with a secret in it.
 */
export function secretsOfFile(file: string): SecretsAt {
  const secrets = readLines(file).map((line, index) => {
    if (/^[0-9a-f]{32}$/i.test(line)) return sipHashKey(Buffer.from(line, 'hex'))
    throw new ConfigError(`${file}: secret ${index + 1} is not 32 hexadecimal digits (openssl rand -hex 16)`)
  })
  if (secrets.length === 0)
    throw new ConfigError(
      `${file} holds no cookie secret: write 32 hexadecimal digits (openssl rand -hex 16)`,
    )
  return () => secrets
}

function readLines(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.map((line) => line.replace(/#.*/, '').trim()).filter((line) => line !== '')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError(
      `cannot read the cookie secrets ${file} (${code}): write it, or unset ZONELOG_COOKIE_SECRET_FILE`,
    )
  }
}
