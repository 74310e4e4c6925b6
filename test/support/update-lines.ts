import { Class } from '../../shared/dns/codes.ts'
import type { ResourceRecord } from '../../shared/dns/record.ts'
import { recordOf } from './spec.ts'

/** As nsupdate has it: `add www 300 A 192.0.2.1`, `delete www A 192.0.2.1`, `delete www A`, `delete www`; relative to example.com. */
export function updatesOf(...lines: readonly string[]): ResourceRecord[] {
  return lines.map((line) => {
    const [verb, owner, ...rest] = line.trim().split(/\s+/)
    const text = `${owner} ${rest.join(' ') || 'ANY'}`
    if (verb === 'add') return recordOf(text, Class.IN)
    return recordOf(text, rest.length > 1 ? Class.NONE : Class.ANY)
  })
}
