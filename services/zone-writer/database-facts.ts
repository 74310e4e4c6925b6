import { type ClockOffset, clockOffset } from '../../shared/clock-offset.ts'
import type { Config } from '../../shared/config.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { schemaStanding } from '../../shared/database/migrate.ts'
import type { SchemaStanding } from '../../shared/database/migrations.ts'
import { MasterKeys } from '../../shared/secrets/master-keys.ts'
import { type KeyDescription, listKeys } from './admin/keys/list-keys.ts'
import { type UnsafeSetting, unsafeSettings } from './durability.ts'
import type { Db } from './store/admin-zones.ts'
import {
  alarms,
  excessRights,
  readServerFacts,
  type ServerFacts,
  zonesWithoutCheckpoint,
} from './store/doctor-facts.ts'
import { findMasterKeyCheck } from './store/master-key-check.ts'
import { readDurabilitySettings } from './store/server-settings.ts'

const STATEMENT_MS = 5_000
/** Checkpoints that are late by this factor are missing. */
const LATE = 3

/** What a database tells whoever looks for faults. */
export interface DatabaseFacts {
  readonly server: ServerFacts
  readonly clock: ClockOffset
  readonly standing: SchemaStanding
  readonly unsafe: readonly UnsafeSetting[]
  /** Undefined while the schema is not that of this program. */
  readonly contents: ContentFacts | undefined
}

export interface ContentFacts {
  /** What the role may do beyond a writer's work. */
  readonly excessRights: readonly string[]
  readonly keys: readonly KeyDescription[]
  /** `unsealed`: nothing has been sealed yet; otherwise what is wrong with our key, or nothing. */
  readonly masterKey: 'right' | 'unsealed' | { readonly fault: string }
  readonly alarms: readonly { readonly zone: string; readonly alarm: string }[]
  readonly zonesWithoutCheckpoint: number
}

/** Looks at everything at once; throws a sentence for people when the database cannot be used. Changes nothing. */
export async function readDatabaseFacts(config: Config, url: string): Promise<DatabaseFacts> {
  const standing = await schemaStanding(url)
  const { db, close } = connectDatabase(url, { name: 'zonelog doctor', size: 2, statementMs: STATEMENT_MS })
  try {
    const unsafe = unsafeSettings(await readDurabilitySettings(db))
    // not the first question: that one waits for its connection, and says less of the time
    const askedAt = Date.now()
    const server = await readServerFacts(db)
    const clock = clockOffset(server.now, askedAt)
    const contents = standing.pending.length > 0 ? undefined : await readContents(db, config)
    return { server, clock, standing, unsafe, contents }
  } finally {
    await close()
  }
}

async function readContents(db: Db, config: Config): Promise<ContentFacts> {
  return {
    excessRights: await excessRights(db),
    keys: await listKeys(db, Date.now()),
    masterKey: judgeMasterKey(config, await findMasterKeyCheck(db)),
    alarms: await alarms(db),
    zonesWithoutCheckpoint: await zonesWithoutCheckpoint(db, LATE * config.checkpointMs),
  }
}

function judgeMasterKey({ masterKeys }: Config, sealed: Uint8Array | undefined): ContentFacts['masterKey'] {
  if (sealed === undefined) return 'unsealed'
  try {
    MasterKeys.read(masterKeys).thatSealed(sealed)
    return 'right'
  } catch (error) {
    return { fault: (error as Error).message }
  }
}
