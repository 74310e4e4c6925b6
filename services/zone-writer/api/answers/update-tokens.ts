import type { Tried, TriedSecret } from '../../admin/dry-run.ts'
import type { CreatedUpdateToken, UpdateTokenDescription } from '../../admin/keys/update-tokens.ts'
import { answerOf, count, listOf, oneOf, orNull, text, time, triedField } from '../openapi/schema.ts'

const description = {
  key: text('The key that it stands for.'),
  name: text(),
  hosts: listOf(text(), 'Names that it may change; *.NAME is every name below.'),
  allowFrom: listOf(text(), 'Address ranges from which it may be used; none is everywhere.'),
  state: oneOf(['active', 'expired']),
  createdAt: time(),
  createdBy: text(),
  expiresAt: orNull(time('null for never.')),
  leaseSeconds: orNull(
    count('The lease that its updates ask for where a request does not say; null for none.'),
  ),
}

const updateToken = answerOf<UpdateTokenDescription>('UpdateToken', description, {})

export const revokedUpdateToken = answerOf<Tried<UpdateTokenDescription>>(
  'RevokedUpdateToken',
  description,
  triedField,
)

const token = text('This answer is the only one that holds it.')

export const createdUpdateToken = {
  anyOf: [
    answerOf<CreatedUpdateToken>('CreatedUpdateToken', { ...description, token }, {}),
    answerOf<TriedSecret<CreatedUpdateToken>>('TriedUpdateToken', { ...description, ...triedField }, {}),
  ],
}

export const updateTokenPage = answerOf<{ tokens: UpdateTokenDescription[] }>(
  'UpdateTokenPage',
  { tokens: listOf(updateToken) },
  {},
)
