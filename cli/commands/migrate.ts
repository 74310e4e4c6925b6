import { requireUrl } from '../../shared/config.ts'
import { CliError, type Command } from '../command.ts'

export const migrate: Command = {
  words: 'migrate',
  summary: 'Bring the schema of the database up to date',
  examples: [
    'zonelog migrate',
    'ZONELOG_DATABASE_URL=postgres://zonelog@db.example.net/zonelog zonelog migrate',
  ],
  run: async ({ config, terminal, json }) => {
    const url = requireUrl(config.databaseUrl, 'ZONELOG_DATABASE_URL')
    const { migrateToLatest } = await import('../../shared/database/migrate.ts')
    const ran = await migrateToLatest(url).catch((error: Error & { code?: string }) => {
      throw new CliError(`the database could not be migrated: ${error.message || error.code}`)
    })
    if (json) return terminal.json({ ran })
    for (const name of ran) terminal.line(`ran ${name}`)
    if (ran.length === 0) terminal.line('nothing to do: the schema is up to date')
  },
}
