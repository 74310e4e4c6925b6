import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningPostgres, startPostgres } from '../../services/local/embedded-postgres.ts'
import { handOver, postgresAccount } from '../../services/local/postgres-account.ts'
import type { TestAuthority } from './certificates.ts'
import { freePort } from './infrastructure.ts'
import { endWithUs, temporaryFolder } from './temporary.ts'

/** A Postgres of its own that offers TLS with a certificate of this authority. */
export async function tlsPostgres(authority: TestAuthority): Promise<RunningPostgres> {
  const { cert, key } = await authority.sign('postgres')
  // as root, the server runs as another user, and takes no key that is not its own
  await chmod(authority.folder, 0o755)
  await handOver(await postgresAccount(() => {}), key)
  const folder = temporaryFolder('postgres')
  await chmod(folder, 0o755)
  const server = await startPostgres({
    home: join(folder, 'home'),
    port: await freePort(),
    logFile: join(folder, 'log'),
    say: () => {},
    settings: {
      ssl: 'on',
      ssl_cert_file: cert,
      ssl_key_file: key,
      fsync: 'off',
      max_connections: '100',
    },
  })
  endWithUs(server.child.pid)
  return server
}
