import type { Config } from '../../shared/config.ts'
import { ourVersion } from '../../shared/version.ts'
import type { Command } from '../command.ts'
import { checkApi } from '../doctor/check-api.ts'
import { checkDisk, checkMasterKey, checkPorts } from '../doctor/check-here.ts'
import { type Check, type Finding, runChecks, type Verdict } from '../doctor/finding.ts'
import { type Clock, clocksOf, judgeClocks } from '../doctor/judge-clocks.ts'
import { judgeDatabase } from '../doctor/judge-database.ts'
import { judgeVersions } from '../doctor/judge-versions.ts'
import { printTable } from '../table.ts'
import type { Terminal } from '../terminal.ts'

const SIGNS: Readonly<Record<Verdict, readonly [text: string, colour: 'green' | 'yellow' | 'red' | 'dim']>> =
  {
    ok: ['ok', 'green'],
    warning: ['warning', 'yellow'],
    wrong: ['WRONG', 'red'],
    skipped: ['-', 'dim'],
  }

export const doctor: Command = {
  words: 'doctor',
  summary: 'Look for what is wrong, as far as it can be seen from this machine, and say how to mend it',
  options: { strict: { type: 'boolean', what: 'exit with 1 for warnings too' } },
  examples: ['zonelog doctor', 'zonelog doctor --json | jq .findings', 'zonelog doctor --strict || alert'],
  run: async ({ config, options, terminal, json, exitWith }) => {
    const findings = await examine(config)
    const has = (verdict: Verdict) => findings.some((finding) => finding.verdict === verdict)
    const isWell = !has('wrong') && !(options.has('strict') && has('warning'))
    if (!isWell) exitWith(1)
    if (json) return terminal.json({ schema: 'zonelog.doctor/1', ok: isWell, findings })
    print(terminal, findings)
  },
}

/** Everything at once; what one part of the system cannot say any more the others are asked all the same. */
async function examine(config: Config): Promise<Finding[]> {
  // loaded first: while they are, nothing that has been asked could be heard, and would seem not to answer
  await Promise.all([
    import('../doctor/check-nats.ts'),
    import('../../services/zone-writer/database-facts.ts'),
    import('../../services/local/ports.ts'),
  ])
  const clocks: Clock[] = []
  const compared: Finding[] = []
  const checks: Check[] = [
    { area: 'ports', run: () => checkPorts(config) },
    { area: 'API', run: () => checkApi(config) },
    { area: 'disk', run: () => checkDisk(config) },
    { area: 'master key', run: () => checkMasterKey(config) },
    { area: 'NATS', run: () => nats(config, clocks, compared) },
    { area: 'Postgres', run: () => postgres(config, clocks) },
  ]
  const findings = await runChecks(checks)
  return [...findings, ...compared, ...judgeClocks(clocks, config.commandTtlMs)]
}

async function nats(config: Config, clocks: Clock[], compared: Finding[]): Promise<readonly Finding[]> {
  const { natsUrl } = config
  if (natsUrl === undefined) return [unset('NATS', 'ZONELOG_NATS_URL')]
  const { checkNats } = await import('../doctor/check-nats.ts')
  const { findings, clocks: servers, peers = [] } = await checkNats(config, natsUrl)
  clocks.push(...servers, ...clocksOf(peers))
  compared.push(...judgeVersions(peers, ourVersion()))
  return findings
}

async function postgres(config: Config, clocks: Clock[]): Promise<readonly Finding[]> {
  const { databaseUrl } = config
  if (databaseUrl === undefined) return [unset('Postgres', 'ZONELOG_DATABASE_URL')]
  const { readDatabaseFacts } = await import('../../services/zone-writer/database-facts.ts')
  const facts = await readDatabaseFacts(config, databaseUrl)
  clocks.push({ kind: 'Postgres', of: 'Postgres', ...facts.clock })
  return judgeDatabase(facts, !config.externalDatabase, Date.now())
}

function unset(area: string, variable: string): Finding {
  const mend = `set ${variable}, or run this where \`zonelog start\` runs`
  return { area, verdict: 'skipped', found: `${variable} is not set here, so it was not looked at`, mend }
}

function print(terminal: Terminal, findings: readonly Finding[]): void {
  printTable(
    terminal,
    [
      {
        title: '',
        text: ({ verdict }) => SIGNS[verdict][0],
        colour: (to, cell, { verdict }) => to.colour(SIGNS[verdict][1], cell),
      },
      { title: 'WHAT', text: ({ area }) => area },
      { title: 'FOUND', text: ({ found }) => found },
    ],
    findings,
    ({ mend, verdict }) => (mend === undefined || verdict === 'ok' ? [] : [`→ ${mend}`]),
  )
}
