import { type Read, type Reader, text } from './read.ts'

/** PEM files, absolute paths. */
export interface ApiTls {
  readonly certFile: string
  readonly keyFile: string
}

export const API_VARIABLES = {
  ZONELOG_API_TLS_CERT: {
    default: 'none',
    what: 'certificate (PEM, with what signed it) of the admin API; with it HTTPS is served, and nothing else',
  },
  ZONELOG_API_TLS_KEY: { default: 'none', what: 'file of the private key of that certificate' },
  ZONELOG_API_CA: {
    default: "the system's authorities",
    what: 'file (PEM) of an authority that the command line believes as well, for a certificate of your own',
  },
  ZONELOG_API_RATE: {
    default: '200',
    what: 'requests that one token may send in a second to each writer; 0 is any',
  },
} as const

/** Undefined without TLS; one of the two files alone is a fault. */
export function readApiTls(reader: Reader, absolute: (path: string) => string): ApiTls | undefined {
  const file: Read<string> = (input) => absolute(text(input))
  const certFile = reader.read('ZONELOG_API_TLS_CERT', file)
  const keyFile = reader.read('ZONELOG_API_TLS_KEY', file)
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile }
  if (certFile !== undefined)
    reader.faults.push('ZONELOG_API_TLS_CERT is set without ZONELOG_API_TLS_KEY: set both, or none')
  if (keyFile !== undefined)
    reader.faults.push('ZONELOG_API_TLS_KEY is set without ZONELOG_API_TLS_CERT: set both, or none')
  return undefined
}
