/** A parameter in the text form in which Postgres takes it, for any type that it can be read as. Throws for what has none. */
export function wireValue(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return `{${value.map(element).join()}}`
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return octets(value)
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new TypeError(`a ${typeof value} is no parameter of a statement`)
}

function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'number') return String(value)
  // the backslash of its hexadecimal form stands for itself only when it is doubled
  if (value instanceof Uint8Array) return `"\\${octets(value)}"`
  if (typeof value === 'string') return quoted(value)
  throw new TypeError(`a ${typeof value} is no element of an array`)
}

function octets({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return `\\x${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}`
}

function quoted(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}
