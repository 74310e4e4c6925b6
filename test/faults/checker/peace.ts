import { decideBatch, type LockedZone } from '../../../services/zone-writer/batch/decide-batch.ts'
import { readCommands } from '../../../services/zone-writer/batch/read-commands.ts'
import { Rcode, Type } from '../../../shared/dns/codes.ts'
import { type Name, nameOf } from '../../../shared/dns/name.ts'
import type { RRset } from '../../../shared/dns/record.ts'
import { rrsetLines } from '../../../shared/dns/zone-file-text.ts'
import { chainEvent, NO_HASH } from '../../../shared/events/event-codec.ts'
import type { ZoneEvent } from '../../../shared/events/zone-event.ts'
import { ZoneContents } from '../../../shared/zone-contents.ts'
import { decodeDiff, encodeDiff } from '../../../shared/zone-diff.ts'
import { DEFAULT_SETTINGS } from '../../../shared/zone-settings.ts'
import { commandOf } from '../../support/command.ts'
import { update } from '../../support/dns-client.ts'
import { zoneOf } from '../../support/spec.ts'
import { address, deleteRRset, isFree, txt } from '../clients/records.ts'
import type { CommandStory, ReadStory } from '../clients/stories.ts'
import type { Evidence, StoredCommand } from './evidence.ts'
import { valuesOf } from './replay.ts'
import { shortFingerprint } from './stored.ts'

const APEX = nameOf('example.com.')
const TTL_MS = 10_000

/** A short run in which nothing goes wrong: decided by the writer's own functions, told and read back as it should be. */
export class PeacefulRun {
  readonly commands: CommandStory[] = []
  readonly reads: ReadStory[] = []
  private readonly zone: LockedZone
  private readonly events: ZoneEvent[]
  private clock = 0

  constructor() {
    const first = createEvent()
    this.events = [first]
    const contents = foldAll([first])
    const head = {
      id: 1,
      name: APEX,
      seq: 1,
      serial: 1,
      hash: first.hash,
      deleted: false,
      rules: ['grant ip:127.0.0.0/8 zonesub ANY'],
      rulesVersion: 1,
      seen: '',
      settings: DEFAULT_SETTINGS,
      recordCount: 3,
    }
    this.zone = { head, contents }
    for (let round = 0; round < 12; round++) this.ask(round)
  }

  evidence(): Evidence {
    const last = this.events.at(-1)!
    const contents = foldAll(this.events)
    const lines = [...contents.rrsets()].flatMap((rrset) => [...rrsetLines(rrset)]).sort()
    const zone = {
      id: 1,
      name: APEX,
      events: this.events,
      rrsets: [...contents.rrsets()],
      head: { seq: last.seq, serial: last.serialAfter, hash: last.hash },
      stream: this.events.map(({ seq, hash }) => ({ seq, hash })),
      transfers: [0, 1].map((edge) => ({ edge, lines })),
      follower: { lines, misfits: [] },
    }
    const { commands, reads } = this
    const stored = this.events
      .filter(({ kind }) => kind === 'update')
      .map((event, index) => storedAs(event, 20 * index + 1))
    const run = {
      seed: 1,
      commandTtlMs: TTL_MS,
      zones: [zone],
      edgeStarts: [],
      unverified: [],
      faults: [],
      stored,
    }
    return structuredClone({ ...run, commands, reads })
  }

  /** Every third claims a name that is taken. */
  private ask(round: number): void {
    const id = `c-${round}`
    const mark = `c.${APEX}`
    const host = round % 3 === 2 ? `host${round - 1}.${APEX}` : `host${round}.${APEX}`
    const message = update({
      prerequisites: [isFree(host)],
      updates: [address(host, [10, 0, 0, round]), deleteRRset(mark, Type.TXT), txt(mark, id)],
    })
    const rcode = this.decide(message)
    const edge = round % 2
    const at = this.clock
    this.commands.push({
      id,
      zone: APEX,
      habit: 'nsupdate',
      sends: [{ at, edge }],
      answers: [{ at: at + 5, edge, rcode }],
    })
    if (rcode === Rcode.NOERROR) this.readBack(id, mark, edge)
    this.clock += 20
  }

  private decide(message: Uint8Array): number {
    const command = commandOf(1, message, { edgeId: `edge-${this.commands.length % 2}` })
    const last = this.events.at(-1)!
    const head = { ...this.zone.head, seq: last.seq, serial: last.serialAfter, hash: last.hash }
    const zones = new Map([[1, { head, contents: this.zone.contents }]])
    const queue = readCommands([{ command, queuedAt: command.receivedAt }])
    const { events, outcomes } = decideBatch(zones, [], queue, command.receivedAt + 2)
    this.events.push(...events)
    return outcomes[0]!.outcome.rcode
  }

  private readBack(after: string, name: string, edge: number): void {
    const values = valuesOf(this.zone.contents.at(name as Name)?.get(Type.TXT))
    const times = { askedAt: this.clock + 6, answeredAt: this.clock + 7 }
    const read = { zone: APEX, name, type: Type.TXT, after, edge, ...times, rcode: Rcode.NOERROR, values }
    this.reads.push(read)
  }
}

function storedAs({ commandId: id, edgeId, fingerprint }: ZoneEvent, at: number): StoredCommand {
  return { id, zoneId: 1, edge: Number(edgeId.slice(-1)), fingerprint: shortFingerprint(fingerprint), at }
}

/** The same events chained anew, as somebody would who wanted to hide a change. */
export function rechained(events: readonly ZoneEvent[]): ZoneEvent[] {
  let hash: Uint8Array = NO_HASH
  return events.map((event) => {
    const chained = chainEvent(event, hash)
    hash = chained.hash
    return chained
  })
}

function createEvent(): ZoneEvent {
  const rrsets = [...zoneOf('').rrsets()]
  const records = rrsets.flatMap((rrset: RRset) =>
    rrset.rdata.map((rdata) => ({ name: rrset.name, type: rrset.type, class: 1, ttl: rrset.ttl, rdata })),
  )
  const newSoa = records.find(({ type }) => type === Type.SOA)!
  const added = records.filter(({ type }) => type !== Type.SOA)
  const command = commandOf(1, new Uint8Array([...update({})]))
  return chainEvent(
    {
      ...command,
      kind: 'create',
      seq: 1,
      commandId: command.id,
      queuedAt: command.receivedAt,
      decidedAt: command.receivedAt,
      message: new Uint8Array(),
      rcode: Rcode.NOERROR,
      section: '',
      reason: 'applied',
      detail: '',
      rule: '',
      serialBefore: 0,
      serialAfter: 1,
      diff: encodeDiff({ oldSoa: undefined, removed: [], newSoa, added }),
    },
    NO_HASH,
  )
}

function foldAll(events: readonly ZoneEvent[]): ZoneContents {
  const contents = new ZoneContents(APEX)
  for (const { diff } of events) {
    if (diff.length === 0) continue
    const read = decodeDiff(diff)
    if (!read.ok) throw new Error(read.reason)
    contents.apply(read.value)
  }
  return contents
}
