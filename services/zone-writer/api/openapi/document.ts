import { ROLES } from '../../admin/access.ts'
import type { FailureCode } from '../../admin/failure.ts'
import { STATUS } from '../problem.ts'
import { PROBLEM } from './problem-schema.ts'
import { type DescribedSchema, TAGS } from './route-schema.ts'
import { nameOfSchema, type Schema } from './schema.ts'

/** A route as it was registered. */
export interface DescribedRoute {
  readonly method: string
  /** With `:name` for parameters. */
  readonly url: string
  readonly schema: DescribedSchema
}

export type OpenApiDocument = {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
} & Schema

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly responses: Readonly<Record<string, unknown>>
  readonly [keyword: string]: unknown
}

/** Every route may answer with these. */
const EVERYWHERE: readonly Coded[] = [
  [400, 'bad-request'],
  [401, 'token-missing'],
  [401, 'token-unknown'],
  [401, 'token-expired'],
  [401, 'token-revoked'],
  [403, 'role-lacking'],
  [403, 'zone-lacking'],
  [429, 'too-many-requests'],
  [429, 'too-many-sign-ins'],
  [500, 'fault'],
  [503, 'database-unavailable'],
  [503, 'too-busy'],
]
const WITH_BODY: readonly Coded[] = [
  [408, 'body-stalled'],
  [413, 'too-large'],
  [415, 'unsupported-media-type'],
]

type Coded = readonly [status: number, code: string]

/** The API as an OpenAPI 3.1 document, made of the schemas that requests are validated by. */
export function openApiDocument(routes: readonly DescribedRoute[], version: string): OpenApiDocument {
  const components = new Components()
  const paths: Record<string, Record<string, Operation>> = {}
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) }
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'zonelog admin API',
      version,
      description:
        'Zones, their history, keys and rules. Errors are problems (RFC 9457) with a stable `code` and a `detail` that says what to do.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ token: [] }],
    paths: Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      schemas: components.schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of this installation; `zonelog token create` makes one.',
        },
      },
    },
  }
}

function operation({ schema, url }: DescribedRoute, components: Components): Operation {
  const { operationId, tags, summary, description, role, body, consumes, example, forLimited } = schema
  const isOfZone = url.includes('/zones/:name')
  const zone = isOfZone ? ' for the zone' : forLimited ? '' : ' for all zones'
  const least = `Needs the role **${role}**${zone}${role === ROLES.at(-1) ? '' : ', or a higher one'}.`
  const hasBody = body !== undefined || consumes !== undefined
  const required = (body as Schema | undefined)?.required !== undefined || consumes !== undefined
  return {
    operationId,
    tags: [...tags],
    summary,
    description: description === undefined ? least : `${description}\n\n${least}`,
    'x-zonelog-role': role,
    'x-zonelog-zones': isOfZone ? 'its own' : forLimited ? 'filtered' : 'all',
    parameters: [
      ...parameters('path', schema.params, components),
      ...parameters('query', schema.querystring, components),
      ...parameters('header', schema.headers, components),
    ],
    ...(!hasBody
      ? {}
      : {
          requestBody: {
            required,
            content: {
              [consumes ?? 'application/json']: {
                schema: components.refer((body as Schema | undefined) ?? { type: 'string' }),
                ...(example === undefined ? {} : { example }),
              },
            },
          },
        }),
    responses: {
      ...answers(schema.response as Record<string, Schema>, components),
      ...problems(
        [...EVERYWHERE, ...(hasBody ? WITH_BODY : []), ...(schema.problems ?? []).map(coded)],
        components,
      ),
    },
  }
}

function parameters(place: 'path' | 'query' | 'header', given: unknown, components: Components) {
  const { properties = {}, required = [] } = (given ?? {}) as {
    properties?: Record<string, Schema>
    required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: components.refer(schema),
  }))
}

function answers(responses: Readonly<Record<string, Schema>>, components: Components) {
  return Object.fromEntries(
    Object.entries(responses).map(([status, given]) => {
      if (given.content === undefined)
        return [
          status,
          {
            description: String(given.description ?? 'Done.'),
            content: { 'application/json': { schema: components.refer(given) } },
          },
        ]
      const content = Object.entries(given.content as Record<string, { schema: Schema }>)
      return [
        status,
        {
          description: String(given.description ?? 'Done.'),
          content: Object.fromEntries(
            content.map(([type, { schema }]) => [type, { schema: components.refer(schema) }]),
          ),
        },
      ]
    }),
  )
}

function coded(code: FailureCode): Coded {
  return [STATUS[code], code]
}

/** One answer for each status, which lists the codes that it may have. */
function problems(codes: readonly Coded[], components: Components) {
  const byStatus = Map.groupBy(codes, ([status]) => status)
  const content = { 'application/problem+json': { schema: components.refer(PROBLEM) } }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => {
      const description = `Problem: ${[...new Set(of.map(([, code]) => `\`${code}\``))].join(', ')}.`
      return [String(status), { description, content }]
    }),
  )
}

/** Schemas with a name, each once. */
class Components {
  readonly schemas: Record<string, unknown> = {}
  private readonly known = new Map<string, object>()

  /** The schema with a reference in the place of each named one in it. */
  refer(schema: Schema): Schema {
    const name = nameOfSchema(schema)
    if (name === undefined) return this.inside(schema)
    const other = this.known.get(name)
    if (other !== undefined && other !== schema) throw new Error(`two schemas have the name ${name}`)
    if (other === undefined) {
      this.known.set(name, schema)
      this.schemas[name] = this.inside(schema)
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  private inside(value: Schema): Schema {
    return Object.fromEntries(Object.entries(value).map(([keyword, inner]) => [keyword, this.value(inner)]))
  }

  private value(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.value(item))
    return typeof value === 'object' && value !== null ? this.refer(value as Schema) : value
  }
}
