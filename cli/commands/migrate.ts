import { requireUrl } from '../../shared/config.ts'
import type { SchemaMove } from '../../shared/database/migrate-to.ts'
import { type Call, CliError, type Command } from '../command.ts'

export const migrate: Command = {
  words: 'migrate',
  summary: 'Bring the schema of the database up to date, or to an older release',
  options: {
    to: { type: 'string', value: 'NAME', what: 'until this migration is the newest; going back needs --yes' },
    yes: { type: 'boolean', what: 'do what loses data, after it was shown without' },
  },
  examples: [
    'zonelog migrate',
    'ZONELOG_DATABASE_URL=postgres://zonelog_owner@db.example.net/zonelog zonelog migrate',
    'zonelog migrate --to 2026-11-25r-rules',
  ],
  run: async (call) => {
    const { config, options, terminal, json } = call
    const url = requireUrl(config.databaseUrl, 'ZONELOG_DATABASE_URL')
    const target = options.text('to')
    if (target !== undefined) return await moveTo(call, url, target)
    if (options.has('yes'))
      throw new CliError('--yes goes with --to NAME: bringing up to date loses nothing', 2)
    const { migrateToLatest } = await import('../../shared/database/migrate.ts')
    const ran = await migrateToLatest(url, (sentence) => terminal.note(`zonelog: ${sentence}`)).catch(explain)
    if (json) return terminal.json({ ran })
    for (const name of ran) terminal.line(`ran ${name}`)
    if (ran.length === 0) terminal.line('nothing to do: the schema is up to date')
  },
}

async function moveTo(
  { options, terminal, json, exitWith }: Call,
  url: string,
  target: string,
): Promise<void> {
  const { migrateTo } = await import('../../shared/database/migrate-to.ts')
  const tried = await migrateTo(url, target, false).catch(explain)
  const mayDo = tried.losses.length === 0 || options.has('yes')
  const onWait = (sentence: string) => terminal.note(`zonelog: ${sentence}`)
  const moved =
    mayDo && tried.direction !== 'none' ? await migrateTo(url, target, true, onWait).catch(explain) : tried
  if (!mayDo) exitWith(1)
  if (json) return terminal.json({ ...moved, done: mayDo })
  if (moved.direction === 'none') return terminal.line(`nothing to do: ${target} is the newest migration`)
  for (const line of report(moved, mayDo)) terminal.line(line)
  if (!mayDo)
    terminal.note('zonelog: nothing was changed: back the database up, then say it again with --yes')
}

function report({ direction, migrations, losses }: SchemaMove, done: boolean): string[] {
  const verb = `${done ? '' : 'would '}${direction === 'up' ? 'run' : 'take back'}`
  return [
    ...migrations.map((name) => `${verb} ${name}`),
    ...losses.map((loss) => `${done ? 'lost' : 'would lose'} ${loss}`),
  ]
}

function explain(error: Error & { code?: string }): never {
  throw new CliError(`the database could not be migrated: ${error.message || error.code}`)
}
