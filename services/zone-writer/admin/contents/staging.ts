import { canonicalName, type GivenName } from '../../../../shared/dns/name.ts'
import type { RRset } from '../../../../shared/dns/record.ts'
import type { Chunks } from '../../../../shared/dns/zone-file-stream.ts'
import type { DbTransaction } from '../../store/admin-zones.ts'
import {
  groupStaged,
  openStaging,
  STAGED_AT_ONCE,
  type StagedRecord,
  stageRecords,
} from '../../store/staged-records.ts'
import { defaultContents } from '../default-zone.ts'
import { done, type Outcome } from '../failure.ts'
import { faultyFile, readZoneFile } from '../zone-file-contents.ts'
import { faultsOf, warningsOf } from './faults.ts'

/** Contents for a zone that are staged in the transaction and make a zone. */
export interface Staged {
  readonly soa: RRset
  /** The SOA included. */
  readonly records: number
  /** What was not taken exactly as given. */
  readonly warnings: readonly string[]
}

/** Stages the text of a zone file; without one the contents of a zone that has none. The failure lists all faults. */
export async function stageContents(
  trx: DbTransaction,
  apex: GivenName,
  file: Chunks | undefined,
): Promise<Outcome<Staged>> {
  const name = canonicalName(apex)
  await openStaging(trx)
  const staging = new Staging(trx)
  const read =
    file === undefined ? await stageDefaults(staging, apex) : await readZoneFile(staging, name, file)
  if (!read.ok) return read
  await staging.flush()
  const records = await groupStaged(trx)
  const { soa, faults } = await faultsOf(trx, name)
  if (soa === undefined || faults.length > 0) return faultyFile(faults)
  return done({ soa, records, warnings: await warningsOf(trx, staging.count - records) })
}

async function stageDefaults(staging: Staging, apex: GivenName): Promise<Outcome<void>> {
  const contents = defaultContents(apex)
  if (!contents.ok) return contents
  const { soa, others } = contents.value
  for (const record of [soa, ...others]) await staging.add({ record, line: 0 })
  return done(undefined)
}

/** Gathers records and stages them when there are enough. */
export class Staging {
  private readonly trx: DbTransaction
  private waiting: StagedRecord[] = []
  private staged = 0

  constructor(trx: DbTransaction) {
    this.trx = trx
  }

  get count(): number {
    return this.staged + this.waiting.length
  }

  async add(record: StagedRecord): Promise<void> {
    this.waiting.push(record)
    if (this.waiting.length >= STAGED_AT_ONCE) await this.flush()
  }

  async flush(): Promise<void> {
    const records = this.waiting
    if (records.length === 0) return
    this.waiting = []
    await stageRecords(this.trx, records, this.staged)
    this.staged += records.length
  }
}
