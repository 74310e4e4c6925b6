import type { IncomingHttpHeaders } from 'node:http'

/** The token of an Authorization header (RFC 6750 §2.1). */
export function bearerIn({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1]
}
