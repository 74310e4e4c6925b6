import type { FastifySchema } from 'fastify'
import type { Role } from '../../admin/access.ts'
import type { FailureCode } from '../../admin/failure.ts'

export const TAGS = {
  zones: 'Zones, their settings and their contents',
  history: 'Events, looking back, and putting back',
  rules: 'Who may update what',
  keys: 'TSIG and SIG(0) keys',
  proof: 'Verification, checkpoints, rebuilding and compaction',
  access: 'Tokens, and who changed what',
  system: 'What runs, and how it is',
} as const

declare module 'fastify' {
  interface FastifySchema {
    /** Stable: programs call it by this name. */
    operationId?: string
    tags?: readonly (keyof typeof TAGS)[]
    /** One line for the reference of the API. */
    summary?: string
    /** Markdown. */
    description?: string
    /** The least role that the route needs. */
    role?: Role
    /** Not about one zone, and yet for tokens that are limited to zones: it shows and changes only what they may. */
    forLimited?: boolean
    /** Failures beside those that every route has. */
    problems?: readonly FailureCode[]
    /** Media type of the body where it is not JSON. */
    consumes?: string
    /** A body as somebody might send it. */
    example?: unknown
  }
}

/** A route of the API as a person reads it: all of these have to be there. */
export type DescribedSchema = FastifySchema &
  Required<Pick<FastifySchema, 'operationId' | 'tags' | 'summary' | 'role' | 'response'>>

/** Throws for a route that is not described: it must not come into being. */
export function described(method: string, url: string, schema: FastifySchema | undefined): DescribedSchema {
  const { operationId, tags = [], summary, role, response } = schema ?? {}
  if (operationId === undefined || summary === undefined || role === undefined || response === undefined)
    throw new Error(`${method} ${url} is not described: it needs operationId, summary, role and response`)
  if (tags.length === 0) throw new Error(`${method} ${url} has no tag`)
  return schema as DescribedSchema
}
