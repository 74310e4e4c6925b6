import { readFileSync, unwatchFile, watchFile } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { ConfigError } from '../../../../shared/config.ts'
import type { Logger } from '../../../../shared/log.ts'

export interface CertificateContext {
  readonly cert: Buffer
  readonly key: Buffer
}

interface Places {
  readonly certFile: string
  readonly keyFile: string
}

const LOOK_EVERY_MS = 2_000

/** Certificate and key from files that are read again when they change: ACME clients replace them every few weeks. */
export class TlsFiles {
  private current: CertificateContext
  private readonly places: Places
  private readonly log: Logger
  private readonly listeners: ((context: CertificateContext) => void)[] = []

  /** Throws a ConfigError when they cannot be used. */
  constructor(places: Places, log: Logger, lookEveryMs = LOOK_EVERY_MS) {
    this.places = places
    this.log = log
    this.current = read(places)
    for (const file of [places.certFile, places.keyFile])
      watchFile(file, { persistent: false, interval: lookEveryMs }, this.readAgain)
  }

  get context(): CertificateContext {
    return this.current
  }

  whenChanged(listener: (context: CertificateContext) => void): void {
    this.listeners.push(listener)
  }

  close(): void {
    unwatchFile(this.places.certFile, this.readAgain)
    unwatchFile(this.places.keyFile, this.readAgain)
  }

  /** Half of a pair, while files are being replaced, is not used: the other half makes this happen again. */
  private readonly readAgain = () => {
    try {
      this.current = read(this.places)
    } catch (error) {
      this.log.warn({ error }, 'the changed TLS files cannot be used; the certificate before stays in use')
      return
    }
    for (const listener of this.listeners) listener(this.current)
    this.log.info({ file: this.places.certFile }, 'TLS certificate read again')
  }
}

function read({ certFile, keyFile }: Places): CertificateContext {
  try {
    const context = { cert: readFileSync(certFile), key: readFileSync(keyFile) }
    createSecureContext(context)
    return context
  } catch (error) {
    throw new ConfigError(
      `ZONELOG_EDGE_TLS_CERT and ZONELOG_EDGE_TLS_KEY: ${certFile} and ${keyFile} are no certificate with its key: ${(error as Error).message}`,
      { cause: error },
    )
  }
}
