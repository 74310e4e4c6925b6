import { dryRunSchema, MAX_PAGE, nameSchema } from '../schemas.ts'

const YEAR_S = 366 * 24 * 60 * 60

const algorithm = { type: 'string', maxLength: 100, description: 'hmac-sha256 unless given.' } as const

const secret = {
  secret: { type: 'string', maxLength: 2_000, description: 'Base64; made at random unless given.' },
  allowShort: { type: 'boolean', description: 'Takes a secret of 8 to 15 octets.' },
  allowLegacy: { type: 'boolean', description: 'Takes hmac-md5.' },
} as const

const octets = { type: 'integer', minimum: 1, maximum: 64 } as const

export const keyParams = {
  type: 'object',
  required: ['name'],
  properties: { name: nameSchema },
} as const

export const createKeyBody = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: nameSchema,
    algorithm,
    ...secret,
    expiresAt: { type: ['string', 'null'], maxLength: 100, description: 'ISO 8601; never unless given.' },
    leastMac: { ...octets, description: 'The shortest MAC that is accepted, in octets.' },
    publicKey: {
      type: 'string',
      maxLength: 10_000,
      description:
        'A KEY record in presentation format: registers a public key of SIG(0), for which nothing else is given.',
    },
    dryRun: dryRunSchema,
  },
} as const

export const keySettingsBody = {
  type: 'object',
  minProperties: 1,
  additionalProperties: false,
  properties: {
    expiresAt: {
      type: ['string', 'null'],
      maxLength: 100,
      description: 'ISO 8601; null for never, "now" to end all secrets at once.',
    },
    leastMac: { ...octets, type: ['integer', 'null'], description: 'null for whole MACs only.' },
    dryRun: dryRunSchema,
  },
} as const

export const rotateKeyBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    ...secret,
    algorithm: { ...algorithm, description: 'Of the new secret; as before unless given.' },
    overlapSeconds: {
      type: 'integer',
      minimum: 0,
      maximum: YEAR_S,
      description: 'How long the secrets before live on; 7 days unless given.',
    },
    dryRun: dryRunSchema,
  },
} as const

export const revokeKeyBody = {
  type: 'object',
  additionalProperties: false,
  properties: {
    secret: {
      type: 'integer',
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Id of the secret; all of them unless given.',
    },
    force: { type: 'boolean', description: 'Also when zones name the key.' },
    dryRun: dryRunSchema,
  },
} as const

export const removeKeyQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { force: { type: 'boolean' }, dryRun: dryRunSchema },
} as const

export const keyListQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: MAX_PAGE },
    after: { ...nameSchema, description: '`next` of the page before.' },
  },
} as const

export const keyUsageQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    old: { type: 'boolean', description: 'Only old secrets, since the last rotation.' },
  },
} as const
