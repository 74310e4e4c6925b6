import { parseArgs } from 'node:util'
import { BindServer } from '../support/bind.ts'
import { AGREED_WITH_BIND } from './differences.ts'
import { type RaceReport, race } from './race.ts'

// By hand: `node test/conformance/against-bind.ts --seed 7 --messages 100000 [--zones 48]`

export function raceBind(options: { seed: number; messages: number; zones?: number }): Promise<RaceReport> {
  return race({
    zones: 48,
    ...options,
    agreed: AGREED_WITH_BIND,
    startOracle: (zones, zoneFile) => BindServer.withZones(zones, zoneFile),
  })
}

/** Seed, messages and zones from the command line. */
export function raceArguments(): { seed: number; messages: number; zones: number } {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      messages: { type: 'string', default: '20000' },
      zones: { type: 'string', default: '48' },
    },
  })
  return { seed: Number(values.seed), messages: Number(values.messages), zones: Number(values.zones) }
}

export async function tellRace(
  title: string,
  options: { seed: number },
  run: Promise<RaceReport>,
): Promise<void> {
  const began = performance.now()
  const report = await run
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  console.log(`${title}, seed ${options.seed}: ${report.messages} messages in ${seconds} s`)
  console.log(Object.fromEntries(report.rcodes), Object.fromEntries(report.differences))
  for (const failure of report.failures) console.log(`\nNot agreed:\n${failure}`)
  if (report.failures.length > 0) process.exitCode = 1
}

if (import.meta.main) {
  const options = raceArguments()
  await tellRace('BIND', options, raceBind(options))
}
