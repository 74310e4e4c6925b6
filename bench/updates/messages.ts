import { addressOf, hostName, ZONE } from '../zone-file.ts'
import { type Case, SIGNED_ZONE, zoneNumber } from './cases.ts'

/** One update: the zone, a name relative to it, and what is done to that name. */
export interface Change {
  readonly zone: string
  readonly host: string
  readonly address: string
}

/**
 * The change number `index` of a run. Names that are added are new in each run (`prefix`); names that are replaced or deleted are
 * those of the zone file, each once, from `index` on.
 */
export function changeOf(one: Case, prefix: string, index: number): Change {
  const isFresh = one.variant === 'add' || one.variant === 'prerequisite'
  return {
    zone: one.signed ? SIGNED_ZONE : one.zones > 0 ? zoneNumber(index % one.zones) : (one.zone ?? ZONE),
    host: isFresh ? `${prefix}${String(index).padStart(7, '0')}` : hostName(index),
    address: addressOf(index, one.variant === 'replace' ? 11 : 10),
  }
}

/** The changes as dnsperf -u reads them. */
export function dnsperfInput(one: Case, prefix: string, from: number, count: number): string {
  const lines: string[] = []
  for (let index = from; index < from + count; index++) {
    const { zone, host, address } = changeOf(one, prefix, index)
    lines.push(zone)
    if (one.variant === 'prerequisite') lines.push(`prohibit ${host}`)
    if (one.variant === 'delete' || one.variant === 'replace') lines.push(`delete ${host} A`)
    if (one.variant !== 'delete') lines.push(`add ${host} 300 A ${address}`)
    lines.push('send')
  }
  return `${lines.join('\n')}\n`
}
