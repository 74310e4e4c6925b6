/** Who: a key, a token, an address that proved nothing, or zonelog itself. */
export function Identity({ by }: { readonly by: string }) {
  const [kind, name] = splitIdentity(by)
  if (name === undefined) return <span>{kind}</span>
  if (kind === 'key') return <a href={`/keys/${encodeURIComponent(name)}`}>{name}</a>
  return (
    <span>
      {name} <span class="quiet">({kind === 'api' ? 'API token' : kind})</span>
    </span>
  )
}

export function splitIdentity(by: string): [kind: string, name?: string] {
  const colon = by.indexOf(':')
  return colon === -1 ? [by] : [by.slice(0, colon), by.slice(colon + 1)]
}
