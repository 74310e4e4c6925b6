import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { Rcode } from '../../shared/dns/codes.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { check } from './checker/check.ts'
import type { Evidence, Violation, ZoneEvidence } from './checker/evidence.ts'
import { PeacefulRun, rechained } from './checker/peace.ts'
import type { CommandStory } from './clients/stories.ts'
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
    const evidence = peace()
    const [first] = evidence.commands
    const both = {
      sends: [...first!.sends, { at: 10, edge: 1 }],
      answers: [...first!.answers, { at: 12, edge: 1, rcode: Rcode.SERVFAIL }],
    }
    assert.deepEqual(check(withCommand(evidence, first!.id, both)), [])
  })

  it('allows that a new process at an address did not accept what the one before it did', () => {
    const evidence = peace()
    const [first] = evidence.commands
    const answers = [{ at: 900, edge: 0, rcode: Rcode.SERVFAIL }]
    const forgotten = withCommand(evidence, first!.id, { answers })
    assert.notDeepEqual(check(forgotten), [])
    assert.deepEqual(check({ ...forgotten, edgeStarts: [{ edge: 0, at: 500 }] }), [])
  })

  it('allows it the other way round, where a copy was sent later, and not after a restart that had nothing to do with it', () => {
    const evidence = peace()
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
