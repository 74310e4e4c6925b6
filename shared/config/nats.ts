import { type Read, type Reader, text } from './read.ts'

/** How a process shows NATS who it is, and knows that the server is ours. Files are absolute paths. */
export interface NatsAccess {
  /** Certificates of the authority that signed the server's; the system's where left out. */
  readonly caFile: string | undefined
  /** Certificate and key of this process, for servers that ask for one. */
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
  readonly credsFile: string | undefined
  readonly nkeyFile: string | undefined
}

export const NATS_VARIABLES = {
  ZONELOG_NATS_CA: {
    default: "the system's authorities",
    what: 'file (PEM) of the authority that signed the certificate of NATS; with it TLS is required',
  },
  ZONELOG_NATS_CERT: { default: 'none', what: 'client certificate (PEM) for NATS; with it TLS is required' },
  ZONELOG_NATS_KEY: { default: 'none', what: 'file of the private key of that certificate' },
  ZONELOG_NATS_CREDS_FILE: { default: 'none', what: 'credentials file (JWT and seed) for NATS' },
  ZONELOG_NATS_NKEY_FILE: { default: 'none', what: 'file of the nkey seed (SU…) for NATS' },
} as const

/** Gathers faults of the combination with the reader. */
export function readNatsAccess(
  reader: Reader,
  natsUrl: string | undefined,
  absolute: (path: string) => string,
): NatsAccess {
  const file: Read<string> = (input) => absolute(text(input))
  const access = {
    caFile: reader.read('ZONELOG_NATS_CA', file),
    certFile: reader.read('ZONELOG_NATS_CERT', file),
    keyFile: reader.read('ZONELOG_NATS_KEY', file),
    credsFile: reader.read('ZONELOG_NATS_CREDS_FILE', file),
    nkeyFile: reader.read('ZONELOG_NATS_NKEY_FILE', file),
  }
  reader.faults.push(...combinationFaults(access, natsUrl))
  return access
}

function combinationFaults(access: NatsAccess, natsUrl: string | undefined): string[] {
  const faults: string[] = []
  if (access.certFile !== undefined && access.keyFile === undefined)
    faults.push('ZONELOG_NATS_CERT is set without ZONELOG_NATS_KEY: set both, or none')
  if (access.keyFile !== undefined && access.certFile === undefined)
    faults.push('ZONELOG_NATS_KEY is set without ZONELOG_NATS_CERT: set both, or none')
  const given = [
    ...(natsUrl !== undefined && hasUser(natsUrl) ? ['the user in ZONELOG_NATS_URL'] : []),
    ...(access.credsFile === undefined ? [] : ['ZONELOG_NATS_CREDS_FILE']),
    ...(access.nkeyFile === undefined ? [] : ['ZONELOG_NATS_NKEY_FILE']),
  ]
  if (given.length > 1)
    faults.push(`${given.join(' and ')} are both set: NATS takes one, leave the others out`)
  return faults
}

function hasUser(urls: string): boolean {
  return urls.split(',').some((part) => new URL(part).username !== '')
}
