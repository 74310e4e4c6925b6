import { createHash } from 'node:crypto'
import type { OpenApiDocument } from './document.ts'
import { schemaText } from './schema-text.ts'

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --quiet: #777; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.2rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .25rem .5rem .25rem 0; vertical-align: top; }
.quiet { color: var(--quiet); }
nav a { margin-right: 1rem; }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Nothing is loaded from anywhere, and no script runs. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

type Operations = readonly (readonly [method: string, path: string, operation: OpenApiDocument])[]

/** The document as a page of HTML that needs nothing else. */
export function referencePage(document: OpenApiDocument): string {
  const { info, tags, components } = document as unknown as Described
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method.toUpperCase(), path, operation] as const),
  ) as unknown as Operations
  const sections = tags.map(({ name, description }) => {
    const inside = operations.filter(([, , operation]) => (operation.tags as string[]).includes(name))
    const parts = inside.map((entry) => operationPart(...entry, components.schemas))
    return `<h2 id="${escaped(name)}">${escaped(name)}</h2><p>${escaped(description)}</p>${parts.join('\n')}`
  })
  const links = tags.map(({ name }) => `<a href="#${escaped(name)}">${escaped(name)}</a>`).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(info.title)} <span class="quiet">${escaped(info.version)}</span></h1>
<p>${prose(info.description)} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
<p>Send <code>Authorization: Bearer TOKEN</code>; <code>zonelog token create</code> makes one.</p>
<nav>${links}</nav>
${sections.join('\n')}
</body></html>
`
}

interface Described {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

interface Content {
  readonly [type: string]: { readonly schema: object; readonly example?: unknown }
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
  readonly description?: string
  readonly schema: object
}

function operationPart(
  method: string,
  path: string,
  operation: OpenApiDocument,
  schemas: Readonly<Record<string, object>>,
): string {
  const { summary, description, operationId, parameters, requestBody, responses } = operation as unknown as {
    summary: string
    description: string
    operationId: string
    parameters: readonly Parameter[]
    requestBody?: { content: Content }
    responses: Record<string, { description: string; content: Content }>
  }
  const rows = parameters.map(
    ({ name, in: place, required, description: what = '', schema }) =>
      `<tr><td><code>${escaped(name)}</code></td><td class="quiet">${place}${required ? ', required' : ''}</td>` +
      `<td><code>${escaped(schemaText(schema, schemas, 0))}</code> ${prose(what)}</td></tr>`,
  )
  const answers = Object.entries(responses).map(([status, { description: what, content }]) => {
    const shown = status.startsWith('2') ? contentPart(content, schemas) : ''
    return `<p><b>${status}</b> ${prose(what)}</p>${shown}`
  })
  return `<details id="${operationId}"><summary><b>${method}</b> <code>${escaped(path)}</code> <span class="quiet">${escaped(summary)}</span></summary>
<p>${prose(description)}</p>
${rows.length === 0 ? '' : `<table>${rows.join('')}</table>`}
${requestBody === undefined ? '' : `<h4>Body</h4>${contentPart(requestBody.content, schemas)}`}
<h4>Answers</h4>${answers.join('')}</details>`
}

function contentPart(content: Content, schemas: Readonly<Record<string, object>>): string {
  return Object.entries(content)
    .map(([type, { schema, example }]) => {
      const sample =
        example === undefined ? '' : `<p>Example</p><pre>${escaped(JSON.stringify(example, null, 2))}</pre>`
      return `<p class="quiet">${escaped(type)}</p><pre>${escaped(schemaText(schema, schemas))}</pre>${sample}`
    })
    .join('')
}

/** The little of Markdown that descriptions use. */
function prose(text: string): string {
  return escaped(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replaceAll('\n\n', '</p><p>')
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
