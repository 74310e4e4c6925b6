import { readFileSync } from 'node:fs'
import tls from 'node:tls'
import { CliError } from './command.ts'

/** From here on certificates of this authority are believed beside the system's. Undefined changes nothing. */
export function trustAuthority(file: string | undefined): void {
  if (file === undefined) return
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(file, 'utf8')])
  } catch (error) {
    throw new CliError(
      `ZONELOG_API_CA: ${file} is no file of certificates (PEM): ${(error as Error).message}`,
    )
  }
}
