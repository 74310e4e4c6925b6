import { timingSafeEqual } from 'node:crypto'
import type { Db } from '../../store/admin-zones.ts'
import { findToken, markTokenUsed } from '../../store/tokens.ts'
import type { Access } from '../access.ts'
import { hashOfToken } from './token-secret.ts'

export type TokenState = 'unknown' | 'expired' | 'revoked'

/** Coarse, so that reading does not write. */
const USE_RECORDED_EVERY_MS = 10 * 60_000

/** What the token that was presented gives access to, or why it gives none. The one place that decides it. */
export async function accessOfToken(db: Db, presented: string, now: number): Promise<Access | TokenState> {
  const hash = hashOfToken(presented)
  const found = await findToken(db, hash)
  if (found === undefined || !timingSafeEqual(found.hash, hash)) return 'unknown'
  if (found.revokedAt !== undefined) return 'revoked'
  if (found.expiresAt !== undefined && found.expiresAt.getTime() <= now) return 'expired'
  if (now - (found.lastUsedAt?.getTime() ?? 0) > USE_RECORDED_EVERY_MS)
    await markTokenUsed(db, found.name, new Date(now))
  const { name: token, role, zones, expiresAt } = found
  return { token, role, zones: zones === undefined ? undefined : new Set(zones), expiresAt }
}
