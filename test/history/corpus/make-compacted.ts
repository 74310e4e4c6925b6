import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import { endLine, eventExportLine, headLine } from '../../../services/zone-writer/history/export-file.ts'
import { runCli } from '../../cli/run-cli.ts'
import { historyOf } from '../../support/history.ts'
import { temporaryFolder } from '../../support/infrastructure.ts'
import { APEX } from '../../support/spec.ts'
import { TestSystem } from '../../support/system.ts'
import { oldHistory, randomHistory } from '../random-history.ts'

// `node test/history/corpus/make-compacted.ts FILE`: a history that begins with a snapshot, and goes on with what came after; see make.ts.

const system = await TestSystem.prepare()
try {
  const id = await oldHistory(system, 40, 10, 7)
  await randomHistory(system, id, 10, 8)
  const api = system.api(await system.writer({ ZONELOG_VERIFY_SHARE: '0' }))
  const run = async (...argv: string[]) => {
    const { status, err } = await runCli(argv, { ZONELOG_API_URL: api.url, ZONELOG_API_TOKEN: api.token })
    if (status !== 0) throw new Error(err)
  }
  await sql`update rrset set ttl = ttl + 1 where zone_id = ${id} and type = 2`.execute(system.db)
  await run('rebuild', 'example.com', '--replace')
  await run('compact', 'example.com', '--keep', '5d', '--export', join(temporaryFolder('corpus'), 'old.gz'))
  await randomHistory(system, id, 20, 9)
  const events = await historyOf(system, id)
  const lines = [headLine(APEX, id, ''), ...events.map(eventExportLine), endLine(events.at(-1)!.seq)]
  await writeFile(process.argv[2]!, `${lines.join('\n')}\n`)
  const counts = Map.groupBy(events, ({ kind, reason }) => `${kind} ${reason}`)
  console.log([...counts].map(([what, some]) => `${what}: ${some.length}`).join('\n'))
  console.log(events.length, events.at(-1)!.serialAfter, Buffer.from(events.at(-1)!.hash).toString('hex'))
} finally {
  await system.close()
}
process.exit(0)
