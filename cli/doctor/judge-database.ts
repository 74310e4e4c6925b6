import type { ContentFacts, DatabaseFacts } from '../../services/zone-writer/database-facts.ts'
import type { Finding } from './finding.ts'
import { judgeKeys } from './judge-keys.ts'

/** Durability, schema, rights, keys, proofs and archive. Pure; `isOurs` is the embedded Postgres, whose superuser the writer is. */
export function judgeDatabase(facts: DatabaseFacts, isOurs: boolean, now: number): Finding[] {
  return [
    ...judgeServer(facts),
    ...judgeDurability(facts),
    ...judgeSchema(facts),
    ...(facts.contents === undefined ? [] : judgeContents(facts.contents, isOurs, now)),
    ...judgeArchive(facts, isOurs),
  ]
}

function judgeServer({ server }: DatabaseFacts): Finding[] {
  const area = 'Postgres'
  const { version, isStandby, connections, maxConnections } = server
  if (isStandby)
    return [
      {
        area,
        verdict: 'wrong',
        found: 'it is a standby, which takes no writes',
        mend: 'point ZONELOG_DATABASE_URL at the primary, or promote this one (docs/scaling.md)',
      },
    ]
  const found = `version ${version}, ${connections} of ${maxConnections} connections taken`
  if (connections <= 0.9 * maxConnections) return [{ area, verdict: 'ok', found }]
  return [{ area, verdict: 'warning', found, mend: 'raise max_connections: a writer takes up to 38' }]
}

function judgeDurability({ unsafe }: DatabaseFacts): Finding[] {
  const area = 'durability'
  if (unsafe.length === 0)
    return [{ area, verdict: 'ok', found: 'commits of Postgres are on disk when they return' }]
  return unsafe.map(({ why, setting }) => ({
    area,
    verdict: 'wrong',
    found: why.slice(0, why.lastIndexOf('. ')),
    mend: `alter system set ${setting} = 'on'; select pg_reload_conf();`,
  }))
}

function judgeSchema({ standing }: DatabaseFacts): Finding[] {
  const area = 'migrations'
  const { pending, unknown, incompatible } = standing
  if (pending.length > 0) {
    const found = `${pending.length} have not run, the next is ${pending[0]}`
    return [{ area, verdict: 'wrong', found, mend: 'zonelog migrate' }]
  }
  if (unknown.length === 0) return [{ area, verdict: 'ok', found: 'all have run' }]
  const verdict = incompatible.length > 0 ? 'wrong' : 'warning'
  const found = `a newer zonelog has migrated the database (${unknown.join(', ')})`
  return [{ area, verdict, found, mend: 'upgrade this one: docs/upgrading.md' }]
}

function judgeContents(contents: ContentFacts, isOurs: boolean, now: number): Finding[] {
  const rights = isOurs ? [] : contents.excessRights
  return [
    ...rights.map(
      (right): Finding => ({
        area: 'rights',
        verdict: 'warning',
        found: `the role of ZONELOG_DATABASE_URL ${right}`,
        mend: 'give writers the role zonelog_writer of deploy/postgres/roles.sql',
      }),
    ),
    ...judgeKeys(contents.keys, now),
    judgeMasterKey(contents),
    ...judgeProofs(contents),
  ]
}

function judgeMasterKey({ masterKey }: ContentFacts): Finding {
  const area = 'master key'
  if (masterKey === 'right') return { area, verdict: 'ok', found: 'it opens the secrets of this database' }
  if (masterKey === 'unsealed')
    return { area, verdict: 'skipped', found: 'nothing has been sealed yet: the first writer makes the key' }
  const mend = 'put the right key there (docs/keys.md); keep a copy of it apart from the database'
  return { area, verdict: 'wrong', found: masterKey.fault, mend }
}

function judgeProofs({ alarms, zonesWithoutCheckpoint: late }: ContentFacts): Finding[] {
  const area = 'history'
  const found = alarms.map(
    ({ zone, alarm }): Finding => ({
      area,
      verdict: 'wrong',
      found: `${zone}: ${alarm}`,
      mend: `zonelog verify ${zone}; docs/history.md`,
    }),
  )
  if (late > 0)
    found.push({
      area,
      verdict: 'warning',
      found: `${late} zones have had new events for long without a signed checkpoint`,
      mend: 'see whether writers run and hold all partitions: zonelog status; or zonelog checkpoint ZONE',
    })
  if (found.length > 0) return found
  return [{ area, verdict: 'ok', found: 'no alarm of the verifier; checkpoints are up to date' }]
}

function judgeArchive({ server }: DatabaseFacts, isOurs: boolean): Finding[] {
  const area = 'backups'
  const { archiveMode, lastArchived, lastArchiveFailed } = server
  if (archiveMode === 'off')
    return [
      {
        area,
        verdict: isOurs ? 'skipped' : 'warning',
        found: 'Postgres archives no WAL; what is backed up otherwise cannot be seen from here',
        mend: 'docs/backup.md: base backups with archived WAL lose nothing, dumps lose what came after them',
      },
    ]
  if ((lastArchiveFailed ?? 0) > (lastArchived ?? 0)) {
    const found = 'Postgres cannot archive its WAL: there is no backup of what is new'
    return [{ area, verdict: 'wrong', found, mend: "see Postgres' log, and archive_command" }]
  }
  const last = lastArchived === null ? '' : `, last at ${new Date(lastArchived).toISOString()}`
  return [{ area, verdict: 'ok', found: `WAL is archived${last}` }]
}
