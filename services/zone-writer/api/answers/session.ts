import { answerOf, text, time } from '../openapi/schema.ts'

export interface SessionJson {
  readonly name: string
  readonly expiresAt: string
}

export const session = answerOf<SessionJson>(
  'Session',
  { name: text('Name of the token.'), expiresAt: time('Signed in until then.') },
  {},
)
