import type { Name } from '../../shared/dns/name.ts'
import type { TsigAlgorithm } from '../../shared/dns/tsig.ts'
import type { ImportDraft, Place } from '../../shared/rules/import/finding.ts'
import type { TransferSettings } from '../../shared/transfers/transfer-settings.ts'
import type { ZoneSettings } from '../../shared/zone-settings.ts'

/** A key as it stands in a configuration. */
export interface PlannedKey {
  readonly name: Name
  readonly algorithm: TsigAlgorithm
  /** Base64; never shown. */
  readonly secret: string
  readonly at: Place
}

/** What a zone of a configuration becomes here. Its draft holds the rules, and what has to be said of the zone. */
export interface PlannedZone {
  readonly name: Name
  readonly at: Place
  /** Absolute path of its zone file, where the configuration names one. */
  readonly file: string | undefined
  readonly draft: ImportDraft
  readonly transfers: Partial<TransferSettings>
  readonly settings: Partial<ZoneSettings>
}

/** A whole configuration, read and not yet carried out. */
export interface MovePlan {
  /** As `zonelog` calls the program: BIND, Knot. */
  readonly from: string
  readonly keys: readonly PlannedKey[]
  readonly zones: readonly PlannedZone[]
  /** About no zone in particular. */
  readonly draft: ImportDraft
}

export interface PlanOptions {
  /** Zones to take; all when empty. */
  readonly zones: ReadonlySet<Name>
  /** Of BIND's views the one to take; undefined for all. */
  readonly view: string | undefined
  /** What stands before absolute paths of the configuration, for one that was copied from another machine. */
  readonly root: string
}

/** Zones that every resolver has for itself (RFC 6303 §3, and what Debian adds): of no use to others. */
const OF_EVERY_RESOLVER: ReadonlySet<string> = new Set([
  'localhost.',
  '127.in-addr.arpa.',
  '0.in-addr.arpa.',
  '255.in-addr.arpa.',
])

/** Whether a zone is to be taken; says so where it is left to resolvers. */
export function isWanted(name: Name, at: Place, options: PlanOptions, draft: ImportDraft): boolean {
  if (options.zones.size > 0) return options.zones.has(name)
  if (!OF_EVERY_RESOLVER.has(name)) return true
  draft.note(at, `${name} is a zone that every resolver has for itself; --zone ${name} takes it all the same`)
  return false
}

/** Says which of the wanted zones the configuration has not. */
export function refuseMissing(zones: readonly PlannedZone[], options: PlanOptions, draft: ImportDraft): void {
  for (const name of options.zones)
    if (!zones.some((zone) => zone.name === name))
      draft.refuse({ line: 1, column: 1, word: name }, `the configuration has no primary zone ${name}`)
}
