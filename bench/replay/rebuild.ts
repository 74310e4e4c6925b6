import { checkRebuild } from '../../services/zone-writer/admin/rebuild-zone.ts'
import type { RebuildReport } from '../../services/zone-writer/history/rebuild/report.ts'
import { findAnyZone } from '../../services/zone-writer/store/admin-zones.ts'
import { connectDatabase } from '../../shared/database/connect.ts'

/** What `bench/replay.ts` reads of a run. */
export interface RebuildRun {
  readonly seconds: number
  /** Of this process, its start included. */
  readonly processorSeconds: number
  /** The most that was resident, in MiB. */
  readonly peakMib: number
}

// `node bench/replay/rebuild.ts DATABASE_URL ZONE_ID`: what a writer does for `zonelog rebuild`, in a process that has done nothing else.

const [url, zoneId] = [process.argv[2]!, Number(process.argv[3])]
const { db, close } = connectDatabase(url, { name: 'replay', size: 2, statementMs: 60_000 })
const zone = (await findAnyZone(db, zoneId))!
const began = performance.now()
let report: RebuildReport | undefined
for await (const step of checkRebuild({ db }, zone, '')) if ('schema' in step) report = step
const seconds = (performance.now() - began) / 1_000
await close()
if (report === undefined || !report.same || report.seq !== zone.seq)
  throw new Error(`what is stored is not what its events add up to: ${JSON.stringify(report)}`)
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
const run: RebuildRun = {
  seconds,
  processorSeconds: (userCPUTime + systemCPUTime) / 1e6,
  peakMib: Math.round(maxRSS / 1_024),
}
console.log(JSON.stringify(run))
