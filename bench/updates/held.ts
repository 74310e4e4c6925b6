import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { toolPath } from '../../test/support/programs.ts'
import { ZONE } from '../zone-file.ts'
import { type Case, SIGNED_ZONE, zoneNumber } from './cases.ts'
import type { Range } from './client.ts'

/** How many changes of a run the server's zones show afterwards, as a transfer of each tells. */
export async function changesHeld(port: number, one: Case, { prefix, from }: Range): Promise<number> {
  const zones = one.signed
    ? [SIGNED_ZONE]
    : one.zones > 0
      ? Array.from({ length: one.zones }, (_, index) => zoneNumber(index))
      : [ZONE]
  const counts: number[] = []
  for (const zone of zones) counts.push(await countLines(port, zone, shows(one, prefix)))
  const sum = counts.reduce((total, count) => total + count, 0)
  return one.variant === 'delete' ? one.records - from - sum : one.variant === 'replace' ? sum - from : sum
}

/** A record that is there because of a change of the run, or, for deletions, still there in spite of it. */
function shows(one: Case, prefix: string): (line: string) => boolean {
  if (one.variant === 'delete') return (line) => /^r\d{7}\..*\tA\t/.test(line)
  if (one.variant === 'replace') return (line) => /^r\d{7}\..*\tA\t11\./.test(line)
  return (line) => line.startsWith(prefix)
}

async function countLines(port: number, zone: string, wanted: (line: string) => boolean): Promise<number> {
  const options = [
    '@127.0.0.1',
    '-p',
    String(port),
    zone,
    'AXFR',
    '+onesoa',
    '+noidnout',
    '+nocmd',
    '+nostats',
  ]
  const dig = spawn(toolPath('dig'), options, { stdio: ['ignore', 'pipe', 'inherit'] })
  let count = 0
  for await (const line of createInterface({ input: dig.stdout })) if (wanted(line)) count++
  return count
}
