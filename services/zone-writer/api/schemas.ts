import { NOTIFY_MODES } from '../../../shared/transfers/transfer-settings.ts'

/** JSON schemas that several routes share. */

export const MAX_PAGE = 1_000

// 255 octets, each written as \DDD
const NAME = { type: 'string', minLength: 1, maxLength: 1_020 } as const

export const nameSchema = NAME

export const dryRunSchema = {
  type: 'boolean',
  description: 'Only say what would be done: all is checked as otherwise, and nothing is changed.',
} as const

/** For routes whose body says nothing of it. */
export const dryRunQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { dryRun: dryRunSchema },
} as const

export interface DryRun {
  dryRun?: boolean
}

export const zoneParams = {
  type: 'object',
  required: ['name'],
  properties: { name: NAME },
} as const

export const allowUpdateSchema = {
  type: 'array',
  maxItems: 1_000,
  items: { type: 'string', minLength: 1, maxLength: 1_020 },
  description: 'TSIG keys and address ranges that may update the zone.',
} as const

const TEXTS = {
  type: 'array',
  maxItems: 1_000,
  // a key's name and a host's, each of 255 octets written as \\DDD
  items: { type: 'string', minLength: 1, maxLength: 2_060 },
} as const

export const transfersSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    allowTransfer: { ...TEXTS, description: 'Who may transfer the zone: KEY, CIDR or KEY+ip:CIDR.' },
    notify: { ...TEXTS, description: 'Servers that are told of changes: [KEY+]HOST[:PORT].' },
    notifyMode: {
      type: 'string',
      enum: NOTIFY_MODES,
      description: 'yes: NS hosts too; explicit: only those named; no: nobody.',
    },
    catalog: {
      type: 'string',
      minLength: 1,
      maxLength: 1_020,
      description: 'The catalog zone that lists the zone: all, none, or the name of one.',
    },
    catalogGroup: {
      type: 'string',
      maxLength: 255,
      pattern: '^[ -~]*$',
      description: 'The group that catalogs tell; empty for none.',
    },
  },
} as const

export function pageQuery(byDefault: number) {
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      limit: { type: 'integer', minimum: 1, maximum: MAX_PAGE, default: byDefault },
      before: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    },
  } as const
}

export interface PageQuery {
  limit: number
  before?: number
}
