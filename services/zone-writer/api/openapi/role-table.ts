import type { OpenApiDocument } from './document.ts'

const BEGIN = '<!-- roles: written by `npm run openapi -- --docs` -->'
const END = '<!-- /roles -->'

/** Which role each route needs, as a table for docs/api.md. */
export function roleTable(document: OpenApiDocument): string {
  const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        `| \`${method.toUpperCase()} ${path.replace('/v1', '')}\` | ${operation['x-zonelog-role']} | ${ZONES[String(operation['x-zonelog-zones'])]} |`,
    ),
  )
  return `${BEGIN}\n| below \`/v1\` | least role | a token for some zones |\n|---|---|---|\n${rows.join('\n')}\n${END}`
}

const ZONES: Readonly<Record<string, string>> = {
  'its own': 'these zones',
  filtered: 'what belongs to them',
  all: 'no',
}

/** A page with the table in the place of the one it has. Throws where it has none. */
export function withRoleTable(page: string, document: OpenApiDocument): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (start === -1 || end < start) throw new Error(`the page has no ${BEGIN} … ${END}`)
  return page.slice(0, start) + roleTable(document) + page.slice(end + END.length)
}
