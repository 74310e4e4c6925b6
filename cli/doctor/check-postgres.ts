import { listKeys } from '../../services/zone-writer/admin/keys/list-keys.ts'
import { unsafeSettings } from '../../services/zone-writer/durability.ts'
import {
  alarms,
  excessRights,
  readServerFacts,
  type ServerFacts,
  zonesWithoutCheckpoint,
} from '../../services/zone-writer/store/doctor-facts.ts'
import { findMasterKeyCheck } from '../../services/zone-writer/store/master-key-check.ts'
import { readDurabilitySettings } from '../../services/zone-writer/store/server-settings.ts'
import type { Config } from '../../shared/config.ts'
import { connectDatabase, type DatabaseConnection } from '../../shared/database/connect.ts'
import { schemaStanding } from '../../shared/database/migrate.ts'
import type { SchemaStanding } from '../../shared/database/migrations.ts'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import type { Finding } from './finding.ts'
import type { Clock } from './judge-clocks.ts'
import { judgeKeys } from './judge-keys.ts'

const STATEMENT_MS = 5_000

/** What was found, and the server's clock for the comparison of all clocks. */
export interface DatabaseResult {
  readonly findings: readonly Finding[]
  readonly clock?: Clock
}

/** Everything that the database knows: durability, schema, rights, keys, proofs, archive. */
export async function checkPostgres(config: Config, url: string): Promise<DatabaseResult> {
  // first: it says in one sentence why the database cannot be used
  const standing = await schemaStanding(url)
  const database = connectDatabase(url, { name: 'zonelog doctor', size: 2, statementMs: STATEMENT_MS })
  try {
    const sent = Date.now()
    const facts = await readServerFacts(database.db)
    const clock = { of: 'Postgres', aheadMs: facts.now - (sent + Date.now()) / 2 }
    const about = [...judgeServer(facts), ...(await judgeDurability(database)), ...judgeSchema(standing)]
    // a schema that is not there has no keys
    const within = standing.pending.length > 0 ? [] : await judgeContents(database, config)
    return { findings: [...about, ...within, ...judgeArchive(facts, config.externalDatabase)], clock }
  } finally {
    await database.close()
  }
}

function judgeServer({ version, isStandby, connections, maxConnections }: ServerFacts): Finding[] {
  const area = 'Postgres'
  if (isStandby)
    return [
      {
        area,
        verdict: 'wrong',
        found: 'it is a standby, which takes no writes',
        mend: 'point ZONELOG_DATABASE_URL at the primary, or promote this one (docs/scaling.md)',
      },
    ]
  if (connections > 0.9 * maxConnections)
    return [
      {
        area,
        verdict: 'warning',
        found: `${connections} of ${maxConnections} connections are taken`,
        mend: 'raise max_connections: a writer takes up to 30',
      },
    ]
  return [
    {
      area,
      verdict: 'ok',
      found: `version ${version}, ${connections} of ${maxConnections} connections taken`,
    },
  ]
}

async function judgeDurability({ db }: DatabaseConnection): Promise<Finding[]> {
  const area = 'durability'
  const unsafe = unsafeSettings(await readDurabilitySettings(db))
  if (unsafe.length === 0)
    return [{ area, verdict: 'ok', found: 'commits of Postgres are on disk when they return' }]
  return unsafe.map(({ why, setting }) => ({
    area,
    verdict: 'wrong',
    found: why.slice(0, why.lastIndexOf('. ')),
    mend: `alter system set ${setting} = 'on'; select pg_reload_conf();`,
  }))
}

function judgeSchema({ pending, unknown, incompatible }: SchemaStanding): Finding[] {
  const area = 'migrations'
  if (pending.length > 0)
    return [
      {
        area,
        verdict: 'wrong',
        found: `${pending.length} have not run, the next is ${pending[0]}`,
        mend: 'zonelog migrate',
      },
    ]
  if (unknown.length > 0)
    return [
      {
        area,
        verdict: incompatible.length > 0 ? 'wrong' : 'warning',
        found: `a newer zonelog has migrated the database (${unknown.join(', ')})`,
        mend: 'upgrade this one: docs/upgrading.md',
      },
    ]
  return [{ area, verdict: 'ok', found: 'all have run' }]
}

async function judgeContents({ db }: DatabaseConnection, config: Config): Promise<Finding[]> {
  const rights = config.externalDatabase ? await excessRights(db) : []
  return [
    ...rights.map(
      (right): Finding => ({
        area: 'rights',
        verdict: 'warning',
        found: `the role of ZONELOG_DATABASE_URL ${right}`,
        mend: 'give writers the role zonelog_writer of deploy/postgres/roles.sql',
      }),
    ),
    ...judgeKeys(await listKeys(db, Date.now()), Date.now()),
    ...judgeMasterKey(config, await findMasterKeyCheck(db)),
    ...(await judgeProofs(db, config)),
  ]
}

/** That it is there, and for its user's eyes only, is told where it is read; here: that it is the one. */
function judgeMasterKey({ masterKeys }: Config, sealed: Uint8Array | undefined): Finding[] {
  const area = 'master key'
  if (sealed === undefined)
    return [{ area, verdict: 'skipped', found: 'nothing has been sealed yet: the first writer makes it' }]
  try {
    MasterKeys.read(masterKeys).thatSealed(sealed)
    return [{ area, verdict: 'ok', found: 'it opens the secrets of this database' }]
  } catch (error) {
    return [
      {
        area,
        verdict: 'wrong',
        found: (error as Error).message,
        mend: 'docs/keys.md#the-master-key; keep a copy apart from the database',
      },
    ]
  }
}

async function judgeProofs(db: DatabaseConnection['db'], { checkpointMs }: Config): Promise<Finding[]> {
  const found = (await alarms(db)).map(
    ({ zone, alarm }): Finding => ({
      area: 'history',
      verdict: 'wrong',
      found: `${zone}: ${alarm}`,
      mend: `zonelog verify ${zone}; docs/history.md`,
    }),
  )
  const late = await zonesWithoutCheckpoint(db, 3 * checkpointMs)
  if (late > 0)
    found.push({
      area: 'history',
      verdict: 'warning',
      found: `${late} zones have had new events for long without a signed checkpoint`,
      mend: 'see whether writers run and hold all partitions: zonelog status; or zonelog checkpoint ZONE',
    })
  return found.length > 0
    ? found
    : [{ area: 'history', verdict: 'ok', found: 'no alarm of the verifier; checkpoints are up to date' }]
}

function judgeArchive(
  { archiveMode, lastArchived, lastArchiveFailed }: ServerFacts,
  isExternal: boolean,
): Finding[] {
  const area = 'backups'
  if (archiveMode === 'off')
    return [
      {
        area,
        verdict: isExternal ? 'warning' : 'skipped',
        found: 'Postgres archives no WAL, so what is backed up otherwise cannot be seen from here',
        mend: 'docs/backup.md: base backups with archived WAL lose nothing, dumps what came after them',
      },
    ]
  if ((lastArchiveFailed ?? 0) > (lastArchived ?? 0))
    return [
      {
        area,
        verdict: 'wrong',
        found: 'Postgres cannot archive its WAL: there is no backup of what is new',
        mend: "see Postgres' log, and archive_command",
      },
    ]
  return [
    {
      area,
      verdict: 'ok',
      found: `WAL is archived${lastArchived === null ? '' : `, last at ${new Date(lastArchived).toISOString()}`}`,
    },
  ]
}
