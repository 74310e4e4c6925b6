import type { Tried, TriedSecret } from '../../admin/dry-run.ts'
import type { CreatedKey } from '../../admin/keys/create-key.ts'
import type { KeyUsage, KeyUseDescription } from '../../admin/keys/key-usage.ts'
import type { KeyDescription, KeyDetails, SecretDescription } from '../../admin/keys/list-keys.ts'
import type { EndedKey } from '../../admin/keys/revoke-key.ts'
import type { RotatedKey } from '../../admin/keys/rotate-key.ts'
import type { CreatedSig0Key } from '../../admin/keys/sig0-key.ts'
import type { HolderOfKeys, Resealed } from '../../admin/reseal.ts'
import { answerOf, count, flag, listOf, oneOf, orNull, text, time, triedField } from '../openapi/schema.ts'

const name = text('With the final dot, in lower case.')
const algorithm = text('Such as hmac-sha256.')
const warnings = listOf(text())
const state = oneOf(['active', 'retiring', 'expired', 'revoked'])
const secret = text('Base64. This answer is the only one that holds it.')
const clause = text('As tsig-keygen prints it, for `nsupdate -k`.')

const secretDescription = answerOf<SecretDescription>(
  'Secret',
  {
    id: count(),
    algorithm,
    state,
    createdAt: time(),
    createdBy: text(),
    expiresAt: orNull(time('null for never.')),
    revokedAt: orNull(time()),
    lastUsedAt: orNull(time()),
  },
  {},
)

const description = {
  name,
  kind: oneOf(['tsig', 'sig0']),
  algorithm,
  state: oneOf(['active', 'expired', 'revoked']),
  createdAt: time(),
  createdBy: text(),
  expiresAt: orNull(time()),
  leastMac: orNull(count('The shortest MAC that is accepted, in octets; null for whole ones.')),
  secrets: listOf(secretDescription, 'Newest first, without what they are.'),
  publicKey: orNull(text('The KEY record; null for a shared secret.')),
}

const key = answerOf<KeyDescription>('Key', description, {})

export const changedKey = answerOf<Tried<KeyDescription>>('ChangedKey', description, triedField)

export const keyPage = answerOf<{ keys: KeyDescription[]; next: string | undefined }>(
  'KeyPage',
  { keys: listOf(key) },
  { next: text('`after` of the page that follows; not there on the last.') },
)

const keyChange = answerOf<KeyDetails['changes'][number]>(
  'KeyChange',
  { at: time(), by: text(), change: text(), detail: text() },
  {},
)

export const keyDetails = answerOf<KeyDetails>(
  'KeyDetails',
  {
    ...description,
    namedBy: listOf(text('A zone, and where it names the key.')),
    changes: listOf(keyChange, 'Newest first.'),
  },
  {},
)

const created = { name, algorithm, id: count('Of the secret.'), expiresAt: orNull(time()), warnings }

const createdTsig = answerOf<CreatedKey>('CreatedKey', { ...created, secret, clause }, {})

const triedTsig = answerOf<TriedSecret<CreatedKey>>('TriedKey', { ...created, ...triedField }, {})

const createdSig0 = answerOf<Tried<CreatedSig0Key>>(
  'CreatedSig0Key',
  { name, kind: { const: 'sig0' }, algorithm, keyTag: count(), warnings },
  triedField,
)

export const createdKey = { anyOf: [createdTsig, triedTsig, createdSig0] }

const retiring = answerOf<RotatedKey['retiring'][number]>(
  'RetiringSecret',
  { id: count(), until: time() },
  {},
)

const rotated = { name, algorithm, id: count('Of the new secret.'), retiring: listOf(retiring), warnings }

export const rotatedKey = {
  anyOf: [
    answerOf<RotatedKey>('RotatedKey', { ...rotated, secret, clause }, {}),
    answerOf<TriedSecret<RotatedKey>>('TriedRotation', { ...rotated, ...triedField }, {}),
  ],
}

export const endedKey = answerOf<Tried<EndedKey>>(
  'EndedKey',
  { name, ended: listOf(count(), 'Ids of the secrets that ended.'), namedBy: listOf(text()) },
  triedField,
)

const use = answerOf<KeyUseDescription>(
  'KeyUse',
  {
    secret: count(),
    state,
    source: text('An address; `others` for those that are summed up.'),
    firstAt: time(),
    lastAt: time(),
    count: count('Messages.'),
    usesNewestSince: orNull(time()),
  },
  {},
)

export const keyUsage = answerOf<KeyUsage>(
  'KeyUsage',
  { name, newest: count('Id of the newest secret.'), uses: listOf(use) },
  {},
)

const holder = answerOf<HolderOfKeys>(
  'MasterKeyHolder',
  { role: oneOf(['edge', 'writer']), id: text(), holdsNext: flag() },
  {},
)

export const resealed = answerOf<Resealed>(
  'Resealed',
  {
    secrets: count('How many were sealed anew.'),
    isNext: flag('Whether all are sealed under the next master key now.'),
    holders: listOf(holder),
    places: { type: 'object', properties: { present: text(), next: text() } },
  },
  {},
)
