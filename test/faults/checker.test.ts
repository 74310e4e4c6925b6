import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Rcode } from '../../shared/dns/codes.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { check } from './checker/check.ts'
import type { Evidence, FaultPeriod, StoredCommand, Violation, ZoneEvidence } from './checker/evidence.ts'
import { PeacefulRun, rechained } from './checker/peace.ts'
import { countAtRisk } from './checker/stored.ts'
import type { CommandStory, ReadStory } from './clients/stories.ts'
import { MUTATIONS } from './mutations/mutations.ts'

/** Bugs planted into what was collected. Those planted into the running services are in test/faults/mutations: `npm run chaos -- --mutants`. */

const peace = () => new PeacefulRun().evidence()

const withZone = (evidence: Evidence, more: Partial<ZoneEvidence>): Evidence => ({
  ...evidence,
  zones: [{ ...evidence.zones[0]!, ...more }],
})

const withCommand = (evidence: Evidence, id: string, more: Partial<CommandStory>): Evidence => ({
  ...evidence,
  commands: evidence.commands.map((story) => (story.id === id ? { ...story, ...more } : story)),
})

/** Events after something was done to the one with this number; chained anew, so that the chain does not tell. */
function withEvent(
  evidence: Evidence,
  seq: number,
  change: (event: ZoneEvent) => Partial<ZoneEvent>,
): Evidence {
  const events = rechained(
    evidence.zones[0]!.events.map((event) => (event.seq === seq ? { ...event, ...change(event) } : event)),
  )
  return consistent(evidence, events)
}

/** With a row and a stream that agree with other events. */
function consistent(evidence: Evidence, events: readonly ZoneEvent[]): Evidence {
  const last = events.at(-1)!
  return withZone(evidence, {
    events,
    head: { seq: last.seq, serial: last.serialAfter, hash: last.hash },
    stream: events.map(({ seq, hash }) => ({ seq, hash })),
  })
}

const withUnverified = (evidence: Evidence, rcode: number): Evidence => {
  const { id: command, zone } = evidence.commands[0]!
  const answer = { at: 30, edge: 0, rcode, command, zone, fault: 'its signature does not verify' }
  return { ...evidence, unverified: [answer] }
}

const answered = (rcode: number, edge = 0) => ({ answers: [{ at: 25, edge, rcode }] })
const lines = (zone: ZoneEvidence) => zone.transfers[0]!.lines

function fault(kind: string, at: number, over: number): FaultPeriod {
  return { kind, at, over }
}

const NATS_GONE: FaultPeriod = {
  ...fault('whole NATS restarted', 10_000, 20_000),
  mayLose: { beforeMs: 15_000, afterMs: 0 },
}

const CLOCK: FaultPeriod = {
  ...fault('clock of an edge set apart', 0, 900),
  edge: 1,
  clockMs: -310_000,
}

const LOST: StoredCommand = { id: 'lost', zoneId: 1, edge: 0, fingerprint: 'of another', at: 300 }

/** The first update was sent to another edge too, which refused it. */
function withRefusal(evidence: Evidence, rcode: number): Evidence {
  const [{ id, sends, answers }] = evidence.commands as [CommandStory]
  return withCommand(evidence, id, {
    sends: [...sends, { at: 10, edge: 1 }],
    answers: [...answers, { at: 12, edge: 1, rcode }],
  })
}

const withSetAside = (evidence: Evidence) =>
  withEvent(withCommand(evidence, 'c-2', answered(Rcode.SERVFAIL)), 4, () => ({
    ...{ rcode: Rcode.SERVFAIL, section: 'fault', reason: 'fault' },
    detail: "the writer's process ended 2 times while it decided this, so it is not tried again",
  }))

/** Somebody reads the first edge's first answer once more: as it was then, or at least as its own update had made it. */
function withOldRead(evidence: Evidence, times: Pick<ReadStory, 'askedAt' | 'answeredAt'>): Evidence {
  return { ...evidence, reads: [...evidence.reads, { ...evidence.reads[0]!, ...times }] }
}

const PLANTED: readonly {
  readonly title: string
  readonly promise: Violation['promise']
  readonly plant: (evidence: Evidence, zone: ZoneEvidence) => Evidence
}[] = [
  {
    title: 'an update that was acknowledged, and is lost',
    promise: 'P1',
    plant: (evidence, { events }) => consistent(evidence, events.slice(0, -2)),
  },
  {
    title: 'NOERROR for an update that was refused',
    promise: 'P1',
    plant: (evidence) => withCommand(evidence, 'c-2', answered(Rcode.NOERROR)),
  },
  {
    title: 'an update that was decided twice',
    promise: 'P2',
    plant: (evidence, { events }) => {
      const [, again] = events
      const last = events.at(-1)!
      const copy = { ...again!, seq: last.seq + 1, commandId: 'another', serialBefore: last.serialAfter }
      return consistent(evidence, rechained([...events, { ...copy, serialAfter: last.serialAfter + 1 }]))
    },
  },
  {
    title: 'an event of an update that nobody sent',
    promise: 'P2',
    plant: (evidence) => ({ ...evidence, commands: evidence.commands.slice(1) }),
  },
  {
    title: 'SERVFAIL for an update that was applied',
    promise: 'P3',
    plant: (evidence) => withCommand(evidence, 'c-0', answered(Rcode.SERVFAIL)),
  },
  {
    title: 'SERVFAIL while there was no fault, for an update that was applied through another edge',
    promise: 'P3',
    plant: (evidence) => withRefusal(evidence, Rcode.SERVFAIL),
  },
  {
    title: 'SERVFAIL by an edge that had put the update into the stream, as another had',
    promise: 'P3',
    plant: (evidence) => {
      const also = { ...evidence.stored[0]!, id: 'again', edge: 1 }
      const stored = [...evidence.stored, also]
      return { ...withRefusal(evidence, Rcode.SERVFAIL), stored, faults: [fault('Postgres paused', 0, 100)] }
    },
  },
  {
    title: 'NOTAUTH while the clock was right, for an update that was applied through another edge',
    promise: 'P3',
    plant: (evidence) => ({
      ...withRefusal(evidence, Rcode.NOTAUTH),
      faults: [
        { ...CLOCK, edge: 0 },
        { ...CLOCK, at: 5_000 },
        { ...CLOCK, clockMs: 100_000 },
      ],
    }),
  },
  {
    title: 'YXDOMAIN for an update that was applied',
    promise: 'P3',
    plant: (evidence) => withCommand(evidence, 'c-0', answered(Rcode.YXDOMAIN)),
  },
  {
    title: 'an update that was applied after its deadline',
    promise: 'P3',
    plant: (evidence) => withEvent(evidence, 4, ({ receivedAt }) => ({ decidedAt: receivedAt + 10_001 })),
  },
  {
    title: 'NOERROR whose signature does not verify',
    promise: 'P1',
    plant: (evidence) => withUnverified(evidence, Rcode.NOERROR),
  },
  {
    title: 'SERVFAIL whose signature does not verify',
    promise: 'P3',
    plant: (evidence) => withUnverified(evidence, Rcode.SERVFAIL),
  },
  {
    title: 'a query that was answered from before the update',
    promise: 'P4',
    plant: (evidence) => {
      const [first, ...others] = evidence.reads
      return { ...evidence, reads: [first!, { ...others[0]!, values: first!.values }, ...others.slice(1)] }
    },
  },
  {
    title: 'a query that was answered from before what the edge had acknowledged to somebody else',
    promise: 'P4',
    plant: (evidence) => withOldRead(evidence, { askedAt: 500, answeredAt: 501 }),
  },
  {
    title: 'a query that was answered from before what the edge had shown to somebody else',
    promise: 'P4',
    plant: (evidence) => {
      const silent = evidence.commands.map((story) => ({ ...story, answers: [] }))
      return { ...withOldRead(evidence, { askedAt: 500, answeredAt: 501 }), commands: silent }
    },
  },
  {
    title: 'a query that was answered as the zone never was',
    promise: 'P4',
    plant: (evidence) => ({
      ...evidence,
      reads: evidence.reads.map((read) => ({ ...read, values: ['00'] })),
    }),
  },
  {
    title: 'an outcome of a writer without an event',
    promise: 'P5',
    plant: (evidence) => {
      const story = { ...evidence.commands[0]!, id: 'c-lost', ...answered(Rcode.YXDOMAIN) }
      return { ...evidence, commands: [...evidence.commands, story] }
    },
  },
  {
    title: 'a command that was in the stream, without an event',
    promise: 'P5',
    plant: (evidence) => ({ ...evidence, stored: [...evidence.stored, LOST] }),
  },
  {
    title: 'a command in the stream without an event, when NATS had recovered',
    promise: 'P5',
    plant: (evidence) => ({
      ...evidence,
      stored: [...evidence.stored, { ...LOST, at: 21_000 }],
      faults: [NATS_GONE, fault('writer killed', 20_500, 50_000)],
    }),
  },
  {
    title: 'a command in the stream without an event, when only one server of NATS was killed',
    promise: 'P5',
    plant: (evidence) => ({
      ...evidence,
      stored: [...evidence.stored, LOST],
      faults: [fault('NATS server killed', 0, 1_000)],
    }),
  },
  {
    title: 'an update that was set aside although nothing was wrong',
    promise: 'P5',
    plant: (evidence) => withSetAside(evidence),
  },
  {
    title: 'an update that was set aside although only one writer had ended',
    promise: 'P5',
    plant: (evidence) => ({ ...withSetAside(evidence), faults: [fault('writer killed', 0, 900)] }),
  },
  {
    title: 'an alarm of a writer',
    promise: 'P6',
    plant: (evidence) => withEvent(evidence, 5, () => ({ kind: 'alarm' })),
  },
  {
    title: 'an event that was edited',
    promise: 'P6',
    plant: (evidence, { events }) =>
      withZone(evidence, {
        events: events.map((event) => (event.seq === 3 ? { ...event, detail: 'edited' } : event)),
      }),
  },
  {
    title: 'two events that changed places',
    promise: 'P6',
    plant: (evidence, { events }) =>
      withZone(evidence, { events: [...events.slice(0, 2), events[3]!, events[2]!, ...events.slice(4)] }),
  },
  {
    title: 'a change that was not written to the RRsets',
    promise: 'P6',
    plant: (evidence, { rrsets }) => withZone(evidence, { rrsets: rrsets.slice(0, -1) }),
  },
  {
    title: 'a row with another serial',
    promise: 'P6',
    plant: (evidence, { head }) => withZone(evidence, { head: { ...head, serial: head.serial + 1 } }),
  },
  {
    title: 'an edge that lacks a record',
    promise: 'P6',
    plant: (evidence, zone) =>
      withZone(evidence, {
        transfers: [
          { edge: 0, lines: lines(zone) },
          { edge: 1, lines: lines(zone).slice(1) },
        ],
      }),
  },
  {
    title: 'a secondary that has kept a record',
    promise: 'P6',
    plant: (evidence, zone) =>
      withZone(evidence, { follower: { lines: [...lines(zone), 'more'].sort(), misfits: [] } }),
  },
  {
    title: 'an event in the stream that was never committed',
    promise: 'P6',
    plant: (evidence, { stream }) =>
      withZone(evidence, {
        stream: stream.map((one) => (one.seq === 5 ? { ...one, hash: Buffer.alloc(32) } : one)),
      }),
  },
  {
    title: 'an event that never reached the stream',
    promise: 'P6',
    plant: (evidence, { stream }) => withZone(evidence, { stream: stream.filter(({ seq }) => seq !== 4) }),
  },
  {
    title: 'a serial that went back',
    promise: 'P7',
    plant: (evidence) => withEvent(evidence, 5, ({ serialBefore }) => ({ serialAfter: serialBefore - 1 })),
  },
  {
    title: 'a change without its diff',
    promise: 'P9',
    plant: (evidence) => withEvent(evidence, 2, () => ({ diff: new Uint8Array() })),
  },
  {
    title: 'an outcome that does not follow from the state before it',
    promise: 'P9',
    plant: (evidence) => withEvent(evidence, 4, () => ({ rcode: Rcode.NXDOMAIN })),
  },
  {
    title: 'an order of events that contradicts what clients saw',
    promise: 'P9',
    plant: (evidence) => withCommand(evidence, 'c-0', { sends: [{ at: 500, edge: 0 }], answers: [] }),
  },
]

describe('the checker of the fault harness', () => {
  it('finds nothing where nothing is wrong', () => assert.deepEqual(check(peace()), []))

  it('allows that one edge did not accept what another did, of an update that was sent to both', () => {
    const refused = withRefusal(peace(), Rcode.SERVFAIL)
    assert.deepEqual(check({ ...refused, faults: [fault('Postgres paused', 0, 5)] }), [])
  })

  it('allows that an edge refuses what comes again after a fault, as it did before', () => {
    const { faults, ...late } = withRefusal(peace(), Rcode.SERVFAIL)
    const again = {
      sends: [
        { at: 0, edge: 0 },
        { at: 10, edge: 1 },
        { at: 25_000, edge: 1 },
      ],
    }
    const answers = [
      { at: 5, edge: 0, rcode: Rcode.NOERROR },
      { at: 25_005, edge: 1, rcode: Rcode.SERVFAIL },
    ]
    const resent = withCommand({ ...late, faults }, 'c-0', { ...again, answers })
    assert.deepEqual(check({ ...resent, faults: [fault('writer killed', 0, 5)] }), [])
  })

  it('allows NOTAUTH of an edge whose clock is apart, of an update that another edge accepted', () => {
    assert.deepEqual(check({ ...withRefusal(peace(), Rcode.NOTAUTH), faults: [CLOCK] }), [])
  })

  it('allows that a new process at an address did not accept what the one before it did', () => {
    const evidence = { ...peace(), faults: [fault('edge killed', 400, 800)] }
    const answers = [{ at: 900, edge: 0, rcode: Rcode.SERVFAIL }]
    const forgotten = withCommand(evidence, 'c-0', { answers })
    assert.notDeepEqual(check(forgotten), [])
    assert.deepEqual(check({ ...forgotten, edgeStarts: [{ edge: 0, at: 500 }] }), [])
  })

  it('allows it the other way round, where a copy was sent later, and not after a restart that had nothing to do with it', () => {
    const evidence = { ...peace(), faults: [fault('edge killed', 0, 600)] }
    const [first] = evidence.commands
    const { sends, answers } = first!
    const refused = withCommand(evidence, first!.id, {
      sends: [...sends, { at: 900, edge: 0 }],
      answers: [{ at: 2, edge: 0, rcode: Rcode.SERVFAIL }, ...answers],
    })
    assert.notDeepEqual(check(refused), [])
    assert.deepEqual(check({ ...refused, edgeStarts: [{ edge: 0, at: 500 }] }), [])
    assert.notDeepEqual(check({ ...refused, edgeStarts: [{ edge: 0, at: 60_000 }] }), [])
    assert.notDeepEqual(check({ ...refused, edgeStarts: [{ edge: 1, at: 500 }] }), [])
  })

  it('allows that NATS loses what was in the stream when all of its servers were lost', () => {
    const { stored, ...evidence } = peace()
    const [lost, faults] = [[...stored, LOST], [NATS_GONE]]
    assert.deepEqual(check({ ...evidence, stored: lost, faults }), [])
    assert.equal(countAtRisk({ stored: lost, faults }), lost.length)
  })

  it('allows that a re-send has no event but that of the update before it', () => {
    const { stored, ...evidence } = peace()
    assert.deepEqual(
      check({ ...evidence, stored: [...stored, { ...stored[0]!, id: 're-send', edge: 1 }] }),
      [],
    )
  })

  it('allows that a command is set aside when writer after writer has ended', () => {
    const faults = [fault('writer killed', 0, 900), fault('writer killed', 1_500, 2_000)]
    assert.deepEqual(check({ ...withSetAside(peace()), faults }), [])
  })

  it('allows that an edge shows less than it did once another process is at its address', () => {
    const evidence = withOldRead(peace(), { askedAt: 500, answeredAt: 501 })
    assert.deepEqual(check({ ...evidence, edgeStarts: [{ edge: 0, at: 400 }] }), [])
  })

  it('allows that an answer overtakes what was asked after it', () => {
    assert.deepEqual(check(withOldRead(peace(), { askedAt: 6, answeredAt: 501 })), [])
  })

  for (const { title, promise, plant } of PLANTED)
    it(`${promise}: finds ${title}`, () => {
      const evidence = peace()
      const violations = check(plant(evidence, evidence.zones[0]!))
      assert.ok(
        violations.some((violation) => violation.promise === promise),
        `found instead: ${JSON.stringify(violations, undefined, 2)}`,
      )
    })
})

describe('bugs that are planted into the running services', () => {
  it('each fit the source that they change', () => {
    for (const { name, changes } of MUTATIONS)
      for (const { file, from } of changes) {
        const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
        assert.equal(source.split(from).length, 2, `${name}: ${file} has this once: ${from}`)
      }
  })
})
