/** What a request asks for: a path that begins with one slash, and the parameters behind it. */
export interface Target {
  readonly path: string
  readonly query: URLSearchParams
}

/** Where parameters begin: `?`, or what stands in its place; a slash where a parameter follows. */
const MARK = /[?&]|\/(?=[\w:]+=)/

/**
 * Reads the target of a request line as old routers write it: absolute (RFC 9112 §3.2.2), with slashes or backslashes
 * too many, without the first one, with a fragment, with a second `?` where an `&` belongs, or an `&` in place of the first. Never throws.
 */
export function readTarget(raw: string): Target {
  const withoutOrigin = raw.replace(/^https?:\/\/[^/?#]*/i, '').replace(/#.*$/s, '')
  const mark = withoutOrigin.search(MARK)
  const rawPath = mark < 0 ? withoutOrigin : withoutOrigin.slice(0, mark)
  const query = mark < 0 ? '' : withoutOrigin.slice(mark + 1).replaceAll('?', '&')
  const path = `/${rawPath}`.replaceAll(/[/\\]+/g, '/').replace(/(?<=.)\/$/, '')
  return { path, query: new URLSearchParams(query) }
}
