import { ROLES, type Role } from '../../admin/access.ts'
import { answerOf, listOf, oneOf, orNull, text, time } from '../openapi/schema.ts'

export interface SessionJson {
  readonly name: string
  readonly expiresAt: string
  readonly role: Role
  /** Null for all. */
  readonly zones: readonly string[] | null
}

export const session = answerOf<SessionJson>(
  'Session',
  {
    name: text('Name of the token.'),
    expiresAt: time('Signed in until then.'),
    role: oneOf(ROLES),
    zones: orNull(listOf(text())),
  },
  {},
)
