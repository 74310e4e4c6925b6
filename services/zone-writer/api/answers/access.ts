import { ROLES, type Role } from '../../admin/access.ts'
import type { AuditJson, AuditPage } from '../../admin/audit.ts'
import type { Tried, TriedSecret } from '../../admin/dry-run.ts'
import type { CreatedToken, TokenDescription } from '../../admin/tokens/manage-tokens.ts'
import { AUDIT_SUBJECTS } from '../../store/audit.ts'
import { answerOf, count, listOf, oneOf, orNull, text, time, triedField } from '../openapi/schema.ts'

const zones = orNull(listOf(text(), 'Names of zones; null for all.'))

const description = {
  name: text(),
  role: oneOf(ROLES),
  zones,
  state: oneOf(['active', 'expired', 'revoked']),
  createdAt: time(),
  createdBy: text(),
  expiresAt: orNull(time('null for never.')),
  lastUsedAt: orNull(time('Within ten minutes; null for never.')),
}

const token = answerOf<TokenDescription>('Token', description, {})

export const revokedToken = answerOf<Tried<TokenDescription>>('RevokedToken', description, triedField)

const secret = text('This answer is the only one that ever holds it.')

export const createdToken = {
  anyOf: [
    answerOf<CreatedToken>('CreatedToken', { ...description, secret }, {}),
    answerOf<TriedSecret<CreatedToken>>('TriedToken', { ...description, ...triedField }, {}),
  ],
}

export const tokenPage = answerOf<{ tokens: TokenDescription[]; next: string | undefined }>(
  'TokenPage',
  { tokens: listOf(token) },
  { next: text('`after` of the page that follows; not there on the last.') },
)

export interface Me {
  readonly token: string
  readonly role: Role
  readonly zones: readonly string[] | null
  readonly expiresAt: string | null
}

export const me = answerOf<Me>(
  'Me',
  { token: text(), role: oneOf(ROLES), zones, expiresAt: orNull(time()) },
  {},
)

const auditEntry = answerOf<AuditJson>(
  'AuditEntry',
  {
    id: count(),
    at: time(),
    by: text('api:TOKEN.'),
    subject: oneOf(AUDIT_SUBJECTS),
    name: text('Of the zone, the key or the token.'),
    change: text('Stable word, such as created, set, rotated, revoked, restore.'),
    detail: text('A sentence for people.'),
  },
  { seq: count('The event of the zone that says the same.') },
)

export const auditPage = answerOf<AuditPage>(
  'AuditPage',
  { entries: listOf(auditEntry) },
  { next: count('`before` of the page that follows; not there on the last.') },
)
