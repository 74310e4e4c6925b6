import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type Server } from 'node:tls'
import type { ApiTls } from '../../../shared/config/api.ts'
import { ConfigError } from '../../../shared/config.ts'
import type { Logger } from '../../../shared/log.ts'

export interface Certificate {
  readonly cert: Buffer
  readonly key: Buffer
}

const LOOKED_AT_EVERY_MS = 2_000

/** Throws a ConfigError that says what to do when the two files are not a certificate and its key. */
export async function readCertificate({ certFile, keyFile }: ApiTls): Promise<Certificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
    createSecureContext({ cert, key })
    return { cert, key }
  } catch (error) {
    throw new ConfigError(
      `the admin API cannot use ${certFile} (ZONELOG_API_TLS_CERT) and ${keyFile} (ZONELOG_API_TLS_KEY): ${(error as Error).message}`,
    )
  }
}

/** Has a server use another certificate when its files change; a pair that does not fit leaves the one there is. Returns what ends that. */
export function renewCertificate(server: Server, tls: ApiTls, log: Logger): () => void {
  const files = [tls.certFile, tls.keyFile]
  const renew = () => {
    readCertificate(tls).then(
      (certificate) => {
        server.setSecureContext(certificate)
        log.info(tls, 'the admin API has a new certificate')
      },
      // of the two files one may have been written and the other not yet
      (error: Error) =>
        log.warn({ problem: error.message }, 'the certificate of the admin API stays as it was'),
    )
  }
  for (const file of files) watchFile(file, { interval: LOOKED_AT_EVERY_MS, persistent: false }, renew)
  return () => {
    for (const file of files) unwatchFile(file, renew)
  }
}
