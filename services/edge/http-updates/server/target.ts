/** What a request asks for: a path that begins with one slash, and the parameters behind it. */
export interface Target {
  readonly path: string
  readonly query: URLSearchParams
  /** There were more parameters than are read. */
  readonly isCut: boolean
}

/** Of a query, and of the fields of a form: what no client comes near, and what is read in no time. */
export const MOST_PARAMETERS = 100

/** Where parameters begin: `?`, or what stands in its place; a slash where a parameter follows. */
const MARK = /[?&]|\/(?=[\w:]+=)/

/**
 * Reads the target of a request line as old routers write it: absolute (RFC 9112 §3.2.2), with slashes or backslashes
 * too many, without the first one, with a fragment, with a second `?` where an `&` belongs, or an `&` in place of the first. Never throws.
 */
export function readTarget(raw: string): Target {
  const { path, rest } = split(raw)
  return { path, ...readParameters(rest.replaceAll('?', '&')) }
}

/** The path alone. */
export function pathOf(raw: string): string {
  return split(raw).path
}

/** The first {@link MOST_PARAMETERS} of a query or of a form. */
export function readParameters(text: string): Pick<Target, 'query' | 'isCut'> {
  let end = -1
  for (let count = 0; count < MOST_PARAMETERS; count++) {
    end = text.indexOf('&', end + 1)
    if (end < 0) return { query: new URLSearchParams(text), isCut: false }
  }
  return { query: new URLSearchParams(text.slice(0, end)), isCut: true }
}

function split(raw: string): { readonly path: string; readonly rest: string } {
  const withoutOrigin = raw.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  const mark = withoutOrigin.search(MARK)
  const rawPath = mark < 0 ? withoutOrigin : withoutOrigin.slice(0, mark)
  const path = `/${rawPath}`.replaceAll(/[/\\]+/g, '/').replace(/(?<=.)\/$/, '')
  return { path, rest: mark < 0 ? '' : withoutOrigin.slice(mark + 1) }
}
