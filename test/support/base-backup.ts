import { cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Account, handOver, postgresAccount } from '../../services/local/postgres-account.ts'

/**
 * A base backup of a running Postgres into the folder `to`, by the low-level API, as pg_basebackup makes one (the embedded Postgres comes
 * without). `from` and `to` are homes as {@link startPostgres} takes them; a server started on `to` recovers by itself.
 */
export async function baseBackup(url: string, from: string, to: string): Promise<void> {
  const account = await postgresAccount(() => {})
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(`select pg_backup_start('zonelog', true)`)
    await mkdir(to, { mode: 0o700 })
    const isLeftOut = (path: string) => /postmaster\.(?:pid|opts)$/.test(path)
    await cp(join(from, 'data'), join(to, 'data'), { recursive: true, filter: (path) => !isLeftOut(path) })
    const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop()')
    await writeFile(join(to, 'data/backup_label'), rows[0]!.labelfile)
    // the WAL that the copy needs, with what was written until it ended
    await cp(join(from, 'data/pg_wal'), join(to, 'data/pg_wal'), { recursive: true })
    await cp(join(from, 'password'), join(to, 'password'))
  } finally {
    await client.end()
  }
  await ownAll(account, to)
}

async function ownAll(account: Account | undefined, folder: string): Promise<void> {
  await handOver(account, folder)
  for (const entry of await readdir(folder, { recursive: true })) await handOver(account, join(folder, entry))
}
