import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { toolPath } from '../../test/support/programs.ts'
import { ZONE } from '../zone-file.ts'
import { type Case, namesOf, SIGNED_ZONE, zoneNumber } from './cases.ts'
import type { Range } from './client.ts'

/** How many changes of a case, or of a run that adds names, the server's zones show, as a transfer of each tells. Throws where one fails. */
export async function changesHeld(
  port: number,
  one: Case,
  { prefix }: Pick<Range, 'prefix'>,
): Promise<number> {
  const zones = one.signed
    ? [SIGNED_ZONE]
    : one.zones > 0
      ? Array.from({ length: one.zones }, (_, index) => zoneNumber(index))
      : [ZONE]
  const counts: number[] = []
  for (const zone of zones) counts.push(await countLines(port, zone, shows(one, prefix)))
  const sum = counts.reduce((total, count) => total + count, 0)
  const { first, end } = namesOf(one)
  return one.variant === 'delete' ? end - first - sum : sum
}

/** A record that is there because of a change, or, for deletions, still there. */
function shows(one: Case, prefix: string): (line: string) => boolean {
  const { first } = namesOf(one)
  if (one.variant === 'delete')
    return (line) => /^r\d{7}\..*\tA\t/.test(line) && Number(line.slice(1, 8)) >= first
  if (one.variant === 'replace') return (line) => /^r\d{7}\..*\tA\t11\./.test(line)
  return (line) => line.startsWith(prefix)
}

async function countLines(port: number, zone: string, wanted: (line: string) => boolean): Promise<number> {
  const options = ['@127.0.0.1', '-p', String(port), zone, 'AXFR', '+noidnout', '+nocmd', '+nostats']
  const dig = spawn(toolPath('dig'), options, { stdio: ['ignore', 'pipe', 'inherit'] })
  let [count, soas] = [0, 0]
  for await (const line of createInterface({ input: dig.stdout })) {
    if (wanted(line)) count++
    if (/\tSOA\t/.test(line)) soas++
  }
  // the last record is the SOA again; one that was cut would show few records, as if the others were deleted
  if (soas !== 2) throw new Error(`${zone} cannot be transferred from port ${port}`)
  return count
}
