/** A key with its clear secret, to be written down in the form of some program. */
export interface ClearKey {
  /** Absolute. */
  readonly name: string
  readonly algorithm: string
  /** Base64. */
  readonly secret: string
}

/** As tsig-keygen prints it: for named.conf, and a file for `nsupdate -k`. */
export function keygenClause({ name, algorithm, secret }: ClearKey): string {
  return `key "${label(name)}" {\n\talgorithm ${algorithm};\n\tsecret "${secret}";\n};\n`
}

/** The section `key` of knot.conf. */
export function knotSection({ name, algorithm, secret }: ClearKey): string {
  const id = label(name).replaceAll('\\', '\\\\')
  return `key:\n  - id: "${id}"\n    algorithm: ${algorithm}\n    secret: "${secret}"\n`
}

/** What follows `-y` of nsupdate, dig, knsupdate and kdig; colons stand between its parts. */
export function nsupdateOption({ name, algorithm, secret }: ClearKey): string {
  return `${algorithm}:${label(name)}:${secret}`
}

/** Without the final dot; nsupdate takes a colon for the end of the name, from a file too. */
function label(name: string): string {
  return name.replace(/(?!^)\.$/, '').replaceAll(':', '\\058')
}
