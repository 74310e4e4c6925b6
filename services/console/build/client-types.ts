import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** What is read here of an OpenAPI document. */
export interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, object>> }
}

interface Operation {
  readonly summary: string
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Shape }[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

type Content = Readonly<Record<string, { readonly schema: Shape }>>

interface Shape {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Shape[]
  readonly oneOf?: readonly Shape[]
  readonly items?: Shape
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: Shape | boolean
}

const HEAD = `// Made from the OpenAPI document of the API by \`npm run client\`; test/console holds the two together.

/** Every operation of the API by method and path: what it takes, and what it answers. */
`

/** TypeScript that says what each operation of an API takes and answers. */
export function clientTypes({ paths, components }: ApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      operationText(`${method.toUpperCase()} ${path}`, operation as Operation),
    ),
  )
  const named = Object.entries(components?.schemas ?? {}).map(
    ([name, schema]) => `export type ${name} = ${typeText(schema as Shape)}\n`,
  )
  return `${HEAD}export interface Operations {\n${operations.join('\n')}\n}\n\n${named.join('\n')}`
}

function operationText(
  name: string,
  { summary, parameters = [], requestBody, responses }: Operation,
): string {
  const parts = ['path', 'query'].flatMap((place) => {
    const inPlace = parameters.filter((parameter) => parameter.in === place)
    if (inPlace.length === 0) return []
    const optional = inPlace.every(({ required }) => !required) ? '?' : ''
    const fields = inPlace.map((each) => fieldText(each.name, each.required === true, typeText(each.schema)))
    return [`${place}${optional}: { ${fields.join('; ')} }`]
  })
  if (requestBody !== undefined) {
    const optional = requestBody.required === true ? '' : '?'
    const forms = Object.entries(requestBody.content).map(([type, { schema }]) =>
      isJson(type) ? typeText(schema) : 'Blob',
    )
    parts.push(`body${optional}: ${union(forms)}`)
  }
  const good = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  const contents = good.flatMap(([, { content }]) => Object.entries(content ?? {}))
  const json = contents.filter(([type]) => isJson(type)).map(([, { schema }]) => typeText(schema))
  const lines = contents.filter(([type]) => /ndjson|event-stream/.test(type))
  parts.push(`answer: ${json.length === 0 ? 'undefined' : union(json)}`)
  if (lines.length > 0) parts.push(`line: ${union(lines.map(([, { schema }]) => typeText(schema)))}`)
  return `  /** ${summary.replaceAll('*/', '')} */\n  '${name}': { ${parts.join('; ')} }`
}

function isJson(type: string): boolean {
  return /^application\/(problem\+)?json/.test(type)
}

function typeText(schema: Shape): string {
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1)!
  if (schema.type === 'null') return 'null'
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)))
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined && schema.properties === undefined) return union(choices.map(typeText))
  if (Array.isArray(schema.type))
    return union(schema.type.map((type: string) => typeText({ ...schema, type })))
  if (schema.items !== undefined) return `(${typeText(schema.items)})[]`
  if (schema.properties !== undefined) return objectText(schema.properties, schema.required ?? [])
  if (typeof schema.additionalProperties === 'object')
    return `Record<string, ${typeText(schema.additionalProperties)}>`
  return PLAIN[String(schema.type)] ?? 'unknown'
}

const PLAIN: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  null: 'null',
  object: 'Record<string, unknown>',
  array: 'unknown[]',
}

function objectText(properties: Readonly<Record<string, Shape>>, required: readonly string[]): string {
  const fields = Object.entries(properties).map(([name, schema]) =>
    fieldText(name, required.includes(name), typeText(schema)),
  )
  return `{ ${fields.join('; ')} }`
}

function fieldText(name: string, required: boolean, type: string): string {
  const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name)
  return `${key}${required ? '' : '?'}: ${type}`
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(' | ')
}

/** `npm run client`: from the API as it is in this working copy. */
if (import.meta.main) {
  const writer = fileURLToPath(new URL('../../zone-writer/api/openapi/describe-api.ts', import.meta.url))
  const document = execFileSync(process.execPath, [writer], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const into = fileURLToPath(new URL('../src/api/operations.ts', import.meta.url))
  writeFileSync(into, clientTypes(JSON.parse(document) as ApiDocument))
}
