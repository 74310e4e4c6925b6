import { type Read, url } from './read.ts'

const PLAIN = 'disable'
const VERIFIED = 'verify-full'
/** Those of libpq that ask for TLS and for who the server is, at least. */
const ASK_FOR_TLS: ReadonlySet<string> = new Set(['require', 'verify-ca', VERIFIED])

const ofPostgres = url('postgres:', 'postgresql:')

/**
 * A URL as libpq takes it. TLS is either off or wholly verified: `require` and `verify-ca` mean `verify-full` here, and what would
 * fall back to plain text is refused.
 */
export const databaseUrl: Read<string> = (input) => {
  ofPostgres(input)
  const parsed = new URL(input)
  const mode = parsed.searchParams.get('sslmode')
  if (mode === null || mode === PLAIN) return input
  if (!ASK_FOR_TLS.has(mode))
    throw new RangeError(`sslmode=${VERIFIED} (TLS, the server's name and authority checked) or ${PLAIN}`)
  parsed.searchParams.set('sslmode', VERIFIED)
  return parsed.href
}
