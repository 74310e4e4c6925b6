export type Params = Readonly<Record<string, string>>

/** The parameters of `/zones/:zone/records` in a path, decoded; undefined when it is not of that form. */
export function matchPath(pattern: string, path: string): Params | undefined {
  const [wanted, given] = [pattern, path].map((text) => text.split('/').filter((part) => part !== ''))
  if (wanted!.length !== given!.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of wanted!.entries()) {
    const value = given![index]!
    if (part.startsWith(':')) params[part.slice(1)] = decoded(value)
    else if (part !== value) return undefined
  }
  return params
}

/** Fills a pattern, so that a name may hold any octet. */
export function pathTo(pattern: string, params: Params = {}): string {
  return pattern.replaceAll(/:(\w+)/g, (_, name) => encodeURIComponent(params[name] ?? ''))
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
