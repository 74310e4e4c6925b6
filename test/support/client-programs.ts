import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unpackDebianPackages } from '../../services/local/debian-packages.ts'
import { unpackedPrograms } from '../../services/local/packages.ts'

const CACHE = fileURLToPath(new URL('../../.cache/clients', import.meta.url))

/** Programs of other people that send updates, and the Debian packages that hold them. */
const CLIENTS = {
  'kea-dhcp-ddns': 'kea-dhcp-ddns-server',
  dhcpd: 'isc-dhcp-server',
  ddclient: 'ddclient',
  // brings a python3 that finds the plugin
  certbot: 'python3-certbot-dns-rfc2136',
} as const

export type ClientProgram = keyof typeof CLIENTS | 'python3'

/**
 * Unpacks clients for the pages that show how to configure them. Never installed, since Debian's packages start services. Where there
 * is no apt their tests are skipped.
 */
export async function ensureClientPrograms(say: (line: string) => void): Promise<void> {
  if (Object.keys(CLIENTS).every((program) => clientPath(program as ClientProgram) !== undefined)) return
  const packages = [...Object.values(CLIENTS), 'certbot']
  say(`Unpacking ${packages.join(', ')} into ${CACHE}, for the tests of their pages …`)
  if (!(await unpackDebianPackages(packages, { cacheDir: CACHE, say })))
    say('  The tests that need them are skipped.')
}

/** Undefined where the program could not be had. */
export function clientPath(program: ClientProgram): string | undefined {
  const path = join(unpackedPrograms(CACHE), program)
  return existsSync(path) ? path : undefined
}
