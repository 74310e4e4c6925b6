interface Shape {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Shape[]
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Shape | boolean
  readonly description?: string
  readonly default?: unknown
}

const DEEPEST = 6

/** A schema as people read it: like JSON, with types in the place of values. */
export function schemaText(given: object, schemas: Readonly<Record<string, object>>, depth = 1): string {
  const schema = given as Shape
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!
    return depth > DEEPEST ? name : schemaText(schemas[name] ?? {}, schemas, depth)
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined)
    return withDefault(schema, schema.enum.map((value) => JSON.stringify(value)).join(' | '))
  if (schema.anyOf !== undefined)
    return schema.anyOf.map((one) => schemaText(one, schemas, depth)).join(' | ')
  if (schema.items !== undefined) return `[ ${schemaText(schema.items, schemas, depth)}, … ]`
  if (schema.properties !== undefined) return fieldsText(schema, schemas, depth)
  if (typeof schema.additionalProperties === 'object')
    return `{ "…": ${schemaText(schema.additionalProperties, schemas, depth)} }`
  return withDefault(schema, [schema.type ?? 'any'].flat().join(' | '))
}

function withDefault(schema: Shape, text: string): string {
  return schema.default === undefined ? text : `${text} = ${JSON.stringify(schema.default)}`
}

function fieldsText(schema: Shape, schemas: Readonly<Record<string, object>>, depth: number): string {
  const indent = '  '.repeat(depth)
  const lines = Object.entries(schema.properties!).map(([name, field]) => {
    const mark = schema.required?.includes(name) ? '' : '?'
    const what = field.description === undefined ? '' : `  // ${field.description}`
    return `${indent}${name}${mark}: ${schemaText(field, schemas, depth + 1)}${what}`
  })
  return `{\n${lines.join('\n')}\n${'  '.repeat(depth - 1)}}`
}
