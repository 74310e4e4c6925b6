/** JSON Schema (2020-12, as OpenAPI 3.1 has it), and what answers are described with. */
export type Schema = { readonly [keyword: string]: unknown }

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T]

const names = new WeakMap<object, string>()

/** Gives a schema a name of its own in the document; programs made from it have a type of that name. */
export function named<S extends Schema>(name: string, schema: S): S {
  names.set(schema, name)
  return schema
}

export function nameOfSchema(schema: object): string | undefined {
  return names.get(schema)
}

/** What a route answers, field by field: the compiler sees to it that each field of `T` is described, and no other. */
export function answerOf<T>(
  name: string,
  required: { readonly [K in Exclude<keyof T, Optional<T>>]-?: Schema },
  optional: { readonly [K in Optional<T>]-?: Schema },
): Schema {
  const properties = { ...(required as Record<string, Schema>), ...(optional as Record<string, Schema>) }
  return named(name, { type: 'object', required: Object.keys(required), properties })
}

/** Of every change that can be tried. */
export const triedField = {
  dryRun: { const: true, description: 'Not there when it was done; true when it was only tried.' },
} as const

export function text(description?: string): Schema {
  return described({ type: 'string' }, description)
}

export function count(description?: string): Schema {
  return described({ type: 'integer', minimum: 0 }, description)
}

export function flag(description?: string): Schema {
  return described({ type: 'boolean' }, description)
}

/** ISO 8601 in UTC. */
export function time(description?: string): Schema {
  return described({ type: 'string', format: 'date-time' }, description)
}

export function listOf(items: Schema, description?: string): Schema {
  return described({ type: 'array', items }, description)
}

export function oneOf(values: readonly string[], description?: string): Schema {
  return described({ type: 'string', enum: values }, description)
}

export function orNull(schema: Schema): Schema {
  return typeof schema.type === 'string'
    ? { ...schema, type: [schema.type, 'null'] }
    : { anyOf: [schema, { type: 'null' }] }
}

function described(schema: Schema, description: string | undefined): Schema {
  return description === undefined ? schema : { ...schema, description }
}

/** An answer in another form than JSON. */
export function body(type: string, description: string, schema: Schema = { type: 'string' }) {
  return { description, content: { [type]: { schema } } }
}

/** One JSON object a line, each of one of these forms. */
export function linesOf(description: string, ...forms: readonly Schema[]) {
  return body('application/x-ndjson', description, forms.length === 1 ? forms[0]! : { anyOf: forms })
}
