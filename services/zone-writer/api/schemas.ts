/** JSON schemas that several routes share. */

declare module 'fastify' {
  interface FastifySchema {
    /** One line for the reference of the API. */
    summary?: string
  }
}

export const MAX_PAGE = 1_000

// 255 octets, each written as \DDD
const NAME = { type: 'string', minLength: 1, maxLength: 1_020 } as const

export const nameSchema = NAME

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
