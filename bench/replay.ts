import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { TestSystem } from '../test/support/system.ts'
import { MadeZone } from './history/made-zone.ts'
import { machineTimes, parentOf, processorSeconds } from './machine.ts'
import { nodeOptions } from './node-options.ts'
import type { RebuildRun } from './replay/rebuild.ts'

// `npm run bench -- replay [RECORDS] [EVENTS]`: rebuilding a zone of so many records from a quarter, a half and all of so many events, as
// `zonelog rebuild` does: each event's hash and the chain are checked, the diffs are folded, and what comes out is compared with what is
// stored. Each time in a process of its own. Linux only.

const RECORDS = Number(process.argv[2] ?? 10_000)
const EVENTS = Number(process.argv[3] ?? 1_000_000)
const REBUILD = fileURLToPath(new URL('replay/rebuild.ts', import.meta.url))
const RESULTS = fileURLToPath(new URL('results', import.meta.url))

interface Measured extends RebuildRun {
  readonly events: number
  /** Of Postgres, in seconds. */
  readonly postgresSeconds: number
  /** Processor time that the host took away, in percent. */
  readonly steal: number
}

const system = await TestSystem.prepare()
const measured: Measured[] = []
try {
  const zone = await MadeZone.create(system.commits, system.db, RECORDS)
  for (const part of [0.25, 0.5, 1]) {
    const began = performance.now()
    await zone.growTo(Math.round(EVENTS * part))
    await sql`vacuum analyze zone_event, rrset`.execute(system.db)
    console.error(`${zone.seq} events are there, after ${seconds(performance.now() - began)} s more`)
    measured.push(await rebuild(zone))
    console.error(row(measured.at(-1)!))
  }
} finally {
  await system.close()
}
report()

async function rebuild({ id, seq }: MadeZone): Promise<Measured> {
  const postgres = await postmaster()
  const [before, machineBefore] = [processorSeconds([postgres]), machineTimes()]
  const out = execFileSync(process.execPath, [REBUILD, system.database.url, String(id)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...nodeOptions('WRITER') },
  })
  const machine = machineTimes()
  const steal = (100 * (machine.steal - machineBefore.steal)) / (machine.total - machineBefore.total)
  const postgresSeconds = processorSeconds([postgres]) - before
  return { events: seq, ...(JSON.parse(out) as RebuildRun), postgresSeconds, steal }
}

/** The process that started all of Postgres'. */
async function postmaster(): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(system.db)
  return parentOf(rows[0]!.pid)
}

function report(): void {
  const head = ['events', 's', 'µs an event', 'writer, µs', 'Postgres, µs', 'peak memory, MiB', 'steal, %']
  const text = [
    `Rebuilding a zone of ${RECORDS.toLocaleString('en')} records:`,
    '',
    `| ${head.join(' | ')} |`,
    `|${'---|'.repeat(head.length)}`,
    ...measured.map(row),
  ].join('\n')
  console.log(text)
  mkdirSync(RESULTS, { recursive: true })
  const base = join(RESULTS, `replay-${new Date().toISOString().replaceAll(':', '').slice(0, 17)}`)
  writeFileSync(`${base}.json`, `${JSON.stringify({ records: RECORDS, measured }, null, 2)}\n`)
  writeFileSync(`${base}.md`, `${text}\n`)
  console.error(`all runs: ${base}.json, .md`)
}

function row(run: Measured): string {
  const each = (spent: number) => ((spent * 1e6) / run.events).toFixed(1)
  const cells = [
    run.events.toLocaleString('en'),
    run.seconds.toFixed(2),
    each(run.seconds),
    each(run.processorSeconds),
    each(run.postgresSeconds),
    run.peakMib,
    run.steal.toFixed(1),
  ]
  return `| ${cells.join(' | ')} |`
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
