import { rcodeToText } from '../../../shared/dns/codes.ts'
import { decodeMessage } from '../../../shared/dns/message.ts'
import type { ResourceRecord } from '../../../shared/dns/record.ts'
import { recordToText } from '../../../shared/dns/zone-file-text.ts'
import { BindServer } from '../../support/bind.ts'
import { knowsZones } from '../../support/client-system.ts'
import { NsdServer } from '../../support/nsd.ts'
import { TestSystem } from '../../support/system.ts'
import { KnotServer } from '../knot-server.ts'
import { askAll } from './ask-all.ts'
import { type RandomQuery, randomQueries } from './queries.ts'
import { ZONE_FILES } from './zones.ts'

/** What a server said, sections as sets. */
export interface Said {
  readonly rcode: string
  readonly aa: boolean
  readonly tc: boolean
  readonly edns: boolean
  /** Whether the question came back octet for octet. */
  readonly echoed: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

export const OTHERS = ['BIND', 'Knot', 'NSD'] as const
export type Other = (typeof OTHERS)[number]

export interface Compared {
  readonly query: RandomQuery
  readonly ours: Said
  readonly theirs: Readonly<Record<Other, Said>>
}

/** Sends the same queries to all four servers with the same zones. */
export async function race(count: number, seed: number): Promise<Compared[]> {
  const system = await TestSystem.prepare()
  const others: { stop(): Promise<void> }[] = []
  try {
    const writer = await system.writer()
    const edge = await system.edge()
    const api = system.api(writer)
    for (const [zone, file] of ZONE_FILES) await api.createZone(zone, { file })
    await knowsZones(edge, ZONE_FILES.size)
    const servers = await startOthers()
    others.push(...servers)
    const queries = [...randomQueries(count, seed)]
    const octets = queries.map(({ bytes }) => bytes)
    const ports = [edge.port, ...servers.map(({ address }) => address.port)]
    const answers = await Promise.all(ports.map((port) => askAll(port, octets)))
    const said = answers.map((all) => all.map((answer, index) => whatIsSaid(answer, queries[index]!)))
    return queries.map((query, index) => {
      const [ours, BIND, Knot, NSD] = said.map((all) => all[index]!) as [Said, Said, Said, Said]
      return { query, ours, theirs: { BIND, Knot, NSD } }
    })
  } finally {
    for (const other of others) await other.stop()
    await system.close()
  }
}

async function startOthers() {
  // answers without authority where none is needed, as ours
  const bind = await BindServer.withZoneFiles(ZONE_FILES, 'minimal-responses no-auth; minimal-any yes;')
  const knot = await KnotServer.withZoneFiles(ZONE_FILES)
  const nsd = await NsdServer.withZoneFiles(
    ZONE_FILES,
    '  rrl-ratelimit: 0\n  minimal-responses: yes\n  refuse-any: no',
  )
  return [bind, knot, nsd] as const
}

function whatIsSaid(answer: Buffer, { bytes }: RandomQuery): Said {
  const decoded = decodeMessage(answer)
  if (!decoded.ok)
    throw new Error(`an answer that cannot be read: ${decoded.reason} ${answer.toString('hex')}`)
  const { header, edns, answers, authorities, additionals, questionEnd } = decoded.value
  return {
    rcode: rcodeToText(header.rcode + ((edns?.extendedRcode ?? 0) << 4)),
    aa: header.aa,
    tc: header.tc,
    edns: edns !== undefined,
    echoed: answer.subarray(12, questionEnd).equals(bytes.subarray(12, questionEnd)),
    answer: asSet(answers),
    authority: asSet(authorities),
    additional: asSet(additionals),
  }
}

/** In lower case: of a name that is written several times servers choose which to repeat. */
function asSet(records: readonly ResourceRecord[]): string[] {
  return [
    ...new Set(records.map((record) => recordToText(record).replaceAll(/\s+/g, ' ').toLowerCase())),
  ].sort()
}
