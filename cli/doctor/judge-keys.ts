import type { KeyDescription } from '../../services/zone-writer/admin/keys/list-keys.ts'
import type { Finding } from './finding.ts'

const DAY_MS = 86_400_000
/** A secret that has been with clients for longer is one that has been copied about. */
const OLD_DAYS = 365
const SOON_DAYS = 14
const WEAK: ReadonlySet<string> = new Set(['hmac-md5', 'hmac-sha1', 'rsasha1', 'rsamd5'])

export function judgeKeys(keys: readonly KeyDescription[], now: number): Finding[] {
  const area = 'keys'
  const active = keys.filter(({ state }) => state === 'active')
  const weak = active.filter(({ algorithm }) =>
    WEAK.has(algorithm.replace(/\.$/, '').replace('.sig-alg.reg.int', '')),
  )
  const old = active.filter(
    ({ createdAt, secrets }) => now - Date.parse(newest(createdAt, secrets)) > OLD_DAYS * DAY_MS,
  )
  const ending = active.filter(
    ({ expiresAt }) => expiresAt !== null && Date.parse(expiresAt) - now < SOON_DAYS * DAY_MS,
  )
  const findings = [
    ...finding(
      weak,
      'use an algorithm that is no longer held to be safe',
      'zonelog key rotate NAME --algorithm hmac-sha256',
    ),
    ...finding(
      old,
      `have a secret older than ${OLD_DAYS} days`,
      'zonelog key rotate NAME; the old secret goes on working for 7 days',
    ),
    ...finding(
      ending,
      `expire within ${SOON_DAYS} days`,
      'zonelog key rotate NAME, or zonelog key set NAME --expires TIME',
    ),
  ]
  if (findings.length > 0) return findings
  return [
    { area, verdict: 'ok', found: `${active.length} active keys: none is old, weak or about to expire` },
  ]

  function finding(some: readonly KeyDescription[], what: string, mend: string): Finding[] {
    if (some.length === 0) return []
    return [{ area, verdict: 'warning', found: `${named(some)} ${what}`, mend }]
  }
}

function newest(createdAt: string, secrets: readonly { readonly createdAt: string }[]): string {
  return [createdAt, ...secrets.map((secret) => secret.createdAt)].toSorted().at(-1)!
}

const SHOWN = 5

function named(keys: readonly KeyDescription[]): string {
  const names = keys.slice(0, SHOWN).map(({ name }) => name)
  return keys.length > SHOWN ? `${names.join(', ')} and ${keys.length - SHOWN} more` : names.join(', ')
}
