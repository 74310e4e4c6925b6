import { nameOf } from '../../../shared/dns/name.ts'
import type { Db } from '../store/admin-zones.ts'
import { findKey, type StoredKey } from '../store/keys.ts'
import { endOf, secretState } from './keys/key-life.ts'

/** What edges do not know: that a key, or a secret of it, lived until some time ago. Empty where that is not so. */
export async function keyHint(db: Db, reason: string, claimedKey: string, now: number): Promise<string> {
  if (claimedKey === '' || (reason !== 'tsig-badkey' && reason !== 'tsig-badsig')) return ''
  const key = await findKey(db, nameOf(claimedKey))
  return key === undefined ? '' : hintAbout(key, reason, now)
}

function hintAbout(key: StoredKey, reason: string, now: number): string {
  const ended = key.secrets.flatMap((secret) => {
    const state = secretState(key, secret, now)
    const at = secret.revokedAt ?? endOf(key, secret)
    return (state === 'expired' || state === 'revoked') && at !== undefined ? [{ state, at }] : []
  })
  const [last] = ended.toSorted((a, b) => b.at.getTime() - a.at.getTime())
  if (last === undefined) return ''
  const when = `${last.state} ${last.at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
  if (ended.length === key.secrets.length)
    return `the key was ${when}: give the client another key, or a new secret by \`zonelog key rotate\``
  if (reason === 'tsig-badkey') return ''
  return `an older secret of the key was ${when}: the client may still have that one`
}
