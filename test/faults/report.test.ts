import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { storing } from '../../services/zone-writer/batch/storing.ts'
import { onlyAsKnown } from '../../services/zone-writer/store/statement.ts'
import { Rcode } from '../../shared/dns/codes.ts'
import { nameOf } from '../../shared/dns/name.ts'
import type { ZoneEvent } from '../../shared/events/zone-event.ts'
import { ZoneContents } from '../../shared/zone-contents.ts'
import type { CommandStory } from './clients/stories.ts'
import type { FaultStory } from './fault-story.ts'
import type { FloodReport } from './flood.ts'
import { faultsOfFlood } from './flood-faults.ts'
import { Hits } from './hits.ts'
import { FaultBag } from './kinds/bag.ts'
import type { FaultKind } from './kinds/fault.ts'
import { COMMIT_ENDS } from './network/commit-ends.ts'
import { Random } from './random.ts'
import { firstReSends } from './re-sends.ts'
import { refusalsOf } from './refusals.ts'
import { disturbances } from './rolling.ts'
import { summariesOf, summaryLines } from './summaries.ts'

/** What the report of a run says of its faults. Pure: the run itself is in two-minutes.test.ts. */

const kind = (name: string, weight: number): FaultKind => ({
  ...{ name, weight },
  begin: () => Promise.reject(new Error('nothing is broken here')),
})

const KINDS = [kind('often', 4), kind('at times', 2), kind('seldom', 1)]

function drawn(count: number, seed: number, isPossible: (kind: FaultKind) => boolean = () => true): string[] {
  const bag = new FaultBag(KINDS, new Random(seed))
  return Array.from({ length: count }, () => bag.draw(isPossible).name)
}

describe('faults are drawn from a bag', () => {
  it('each kind comes once before any comes again, in an order of the seed', () => {
    const orders = [1, 2, 3, 4, 5, 6].map((seed) => drawn(3, seed))
    for (const order of orders) assert.deepEqual(order.toSorted(), ['at times', 'often', 'seldom'])
    assert.ok(new Set(orders.map(String)).size > 1)
    assert.deepEqual(drawn(20, 7), drawn(20, 7))
  })

  it('each bag has the weights', () => {
    const names = drawn(21, 1)
    for (const { name, weight } of KINDS) assert.equal(names.filter((one) => one === name).length, 3 * weight)
  })

  it('one that is not possible now is left out, and stays for later', () => {
    assert.ok(!drawn(20, 1, ({ name }) => name !== 'often').includes('often'))
    let draws = 0
    const bag = new FaultBag(KINDS, new Random(1))
    const first = Array.from(
      { length: 7 },
      () => bag.draw(({ name }) => name !== 'seldom' || ++draws > 2).name,
    )
    assert.equal(first.filter((name) => name === 'seldom').length, 1)
  })
})

const fault = (more: Partial<FaultStory>): FaultStory => ({
  ...{ kind: 'edge killed', what: 'edge-0', at: 1_000, until: 3_000, recoveredMs: 500 },
  ...{ hits: 'commands under way', edge: 0, ...more },
})

const command = (id: string, more: Partial<CommandStory>): CommandStory => ({
  ...{ id, zone: 'example.', habit: 'nsupdate', sends: [{ at: 900, edge: 0 }], answers: [], ...more },
})

const answer = (at: number, edge: number, rcode: number = Rcode.NOERROR) => ({ at, edge, rcode })

const hitsOf = (commands: readonly CommandStory[], story: FaultStory) =>
  new Hits(commands, (id) => id === 'late').of(story)

describe('what a fault hit', () => {
  it('commands under way: sent to that edge, and neither answered nor given up', () => {
    const commands = [
      command('hit', { answers: [answer(4_100, 1)] }),
      command('answered before', { answers: [answer(950, 0)] }),
      command('at another edge', { sends: [{ at: 900, edge: 1 }] }),
      command('sent afterwards', { sends: [{ at: 1_100, edge: 0 }] }),
      command('given up', { sends: [{ at: -5_000, edge: 0 }] }),
      command('of the probe', { habit: 'probe' }),
    ]
    assert.equal(hitsOf(commands, fault({})), 1)
    assert.equal(hitsOf(commands, fault({ edge: undefined })), 2)
  })

  it('answers of an edge whose clock is wrong, refusals, and commands past their deadline', () => {
    const commands = [
      command('one', { answers: [answer(1_500, 0, Rcode.NOTAUTH), answer(1_600, 1, Rcode.NOTAUTH)] }),
      command('two', { answers: [answer(1_500, 0, Rcode.SERVFAIL), answer(9_000, 0, Rcode.SERVFAIL)] }),
      command('late', { sends: [{ at: 2_000, edge: 2 }] }),
    ]
    assert.equal(hitsOf(commands, fault({ hits: 'answers with BADTIME' })), 1)
    assert.equal(hitsOf(commands, fault({ hits: 'commands refused or not answered' })), 2)
    assert.equal(hitsOf(commands, fault({ hits: 'commands past their deadline' })), 1)
  })

  it('a kind that never hit anything is shown as such', () => {
    const stories = [fault({ hits: 'commits cut', counted: 0 }), fault({ hits: 'commits cut', counted: 0 })]
    const lines = summaryLines(summariesOf(stories, new Hits([], () => false)))
    assert.ok(lines[1]!.includes('NEVER HIT ANYTHING (commits cut)'), lines.join('\n'))
  })
})

describe('how long it took', () => {
  it('what others took is told apart, and the aim is for what is ours', () => {
    const times = [
      [5_000, 4_500],
      [5_000, 1_000],
      [1_000, 2_000],
    ].map(([recoveredMs, backMs]) =>
      fault({ kind: 'Postgres paused', aimMs: 2_000, back: 'Postgres committed', recoveredMs, backMs }),
    )
    const never = fault({ kind: 'Postgres paused', aimMs: 2_000, recoveredMs: undefined, backMs: 60_000 })
    const [summary] = summariesOf([...times, never], new Hits([], () => false))
    assert.deepEqual(
      [summary!.ownMedianMs, summary!.ownWorstMs, summary!.withinAim, summary!.count],
      [500, 4_000, 2, 4],
    )
  })
})

describe("a killed edge's clients", () => {
  const sent = (...sends: readonly [number, number][]) => sends.map(([at, edge]) => ({ at, edge }))
  const fates = (...commands: readonly CommandStory[]) =>
    firstReSends(commands, [fault({})], [{ edge: 0, at: 2_000 }])

  it('are served by another at their first re-send, or not', () => {
    const served = command('served', { sends: sent([900, 0], [3_900, 1]), answers: [answer(3_950, 1)] })
    const dead = command('dead', { sends: sent([1_900, 0], [4_900, 2]), answers: [answer(4_950, 2)] })
    const refused = { sends: sent([900, 0], [3_900, 1]), answers: [answer(3_950, 1, Rcode.SERVFAIL)] }
    const third = { sends: sent([900, 0], [3_900, 1], [6_900, 1]), answers: [answer(6_950, 1)] }
    assert.deepEqual(fates(served, dead, command('refused', refused), command('third', third)), {
      ...{ sent: 4, served: 2, servfail: 1, silent: 1 },
    })
  })

  it('count only where they lost that edge, and asked another', () => {
    const none = [
      command('answered', { answers: [answer(950, 0)] }),
      command('to the same', { sends: sent([900, 0], [3_900, 0]) }),
      command('to another first', { sends: sent([900, 1], [3_900, 0]) }),
      command('sent again before', { sends: sent([400, 0], [900, 1]) }),
      command('to the next process', { sends: sent([2_100, 0], [5_100, 1]) }),
    ]
    assert.equal(fates(...none).sent, 0)
  })
})

describe('an edge that refuses although nothing is wrong', () => {
  const refused = (at: number) =>
    command(`at ${at}`, { sends: [{ at, edge: 0 }], answers: [answer(at + 5, 0, Rcode.SERVFAIL)] })
  const of = (...commands: readonly CommandStory[]) => {
    const { refusedWithoutFault, sentWithoutFault } = refusalsOf(
      {
        ...{
          seed: 1,
          commandTtlMs: 10_000,
          zones: [],
          reads: [],
          edgeStarts: [],
          unverified: [],
          stored: [],
        },
        commands,
        faults: [
          { kind: 'Postgres paused', at: 1_000, over: 30_000 },
          { kind: 'edge killed', at: 2_000, over: 3_000 },
        ],
      },
      [],
    )
    return [refusedWithoutFault, sentWithoutFault]
  }

  it('is told from one that had a reason, of updates that were sent then', () => {
    assert.deepEqual(of(refused(500), refused(1_500), refused(29_000), refused(38_000)), [1, 1])
    assert.deepEqual(of(refused(40_000), command('accepted', { sends: [{ at: 41_000, edge: 0 }] })), [1, 2])
  })

  it('had one where it says so again to what was first sent around the fault', () => {
    const again = { sends: [1_500, 50_000].map((at) => ({ at, edge: 0 })) }
    assert.deepEqual(of(command('again', { ...again, answers: [answer(50_001, 0, Rcode.SERVFAIL)] })), [0, 0])
  })
})

describe('what a rolling restart must not show', () => {
  const faults = [{ kind: 'edge restarted', at: 1_000, over: 3_000, edge: 0 }]
  const lost = (...commands: readonly CommandStory[]) => disturbances({ commands, faults }).length
  const sent = (...sends: readonly [number, number][]) => sends.map(([at, edge]) => ({ at, edge }))

  it('an nsupdate without an answer, whatever it asked', () => {
    assert.equal(lost(command('lost', { sends: sent([1_500, 0]) })), 1)
    assert.equal(lost(command('answered', { answers: [answer(3_000, 0)] })), 0)
  })

  it('an update of others that an edge which was there did not answer while they waited', () => {
    for (const [habit, waitMs] of [
      ['kea', 500] as const,
      ['acme', 2_000] as const,
      ['terraform', 2_000] as const,
    ]) {
      const late = [answer(5_200 + waitMs, 1)]
      assert.equal(lost(command('down', { habit, sends: sent([1_500, 0], [2_500, 0]) })), 0)
      assert.equal(lost(command('up', { habit, sends: sent([1_500, 0], [5_000, 1]) })), 1)
      assert.equal(lost(command('late', { habit, sends: sent([5_000, 1]), answers: late })), 1)
      assert.equal(
        lost(command('in time', { habit, sends: sent([5_000, 1]), answers: [answer(5_400, 1)] })),
        0,
      )
    }
  })

  it('a refusal', () => {
    assert.equal(lost(command('refused', { answers: [answer(950, 0, Rcode.SERVFAIL)] })), 1)
  })
})

describe('what a flood must not do to an edge', () => {
  const held: FloodReport = {
    ...{ seconds: 60, sources: 1, datagramsSent: 1, datagrams: { lost: 0, shed: 0, read: 1 } },
    ...{ slowConnections: { clients: 2_000, open: [500] }, residentMib: [120, 310, 312] },
    politeUpdates: { sent: 10, applied: 10 },
    newcomers: { sent: 10, applied: 4 },
    queries: { sent: 10, answered: 10 },
    queriesByTcp: { sent: 10, answered: 9 },
  }

  it('is told', () => {
    assert.deepEqual(faultsOfFlood(held), [])
    const faults: Partial<FloodReport>[] = [
      { residentMib: [120, 480, 300] },
      { politeUpdates: { sent: 10, applied: 9 } },
      { politeUpdates: { sent: 0, applied: 0 } },
      { queries: { sent: 10, answered: 9 } },
      { slowConnections: { clients: 2_000, open: [100, 12] } },
    ]
    for (const fault of faults) assert.equal(faultsOfFlood({ ...held, ...fault }).length, 1)
  })
})

describe('commits are known on their way to Postgres', () => {
  it('by the statement that ends them, of however many zones they are', () => {
    for (const zones of [1, 2, 3, 4, 9]) {
      const name = onlyAsKnown(storingFor(zones).at(-1)!).name
      assert.ok(COMMIT_ENDS.includes(name), name)
    }
    assert.ok(COMMIT_ENDS.includes('commit'))
  })
})

/** What a batch with one event in each of so many zones stores. */
function storingFor(count: number) {
  const ids = Array.from({ length: count }, (_, index) => index + 1)
  const name = nameOf('example.com.')
  const event = (zoneId: number) =>
    ({
      ...{ zoneId, seq: 2, identity: { kind: 'address', text: '' }, source: { ip: '', port: 0 } },
      ...{
        fingerprint: new Uint8Array(),
        message: new Uint8Array(),
        diff: new Uint8Array(),
        hash: new Uint8Array(),
      },
    }) as unknown as ZoneEvent
  const zones = new Map(
    ids.map((id) => [id, { head: { id, seq: 1 }, contents: new ZoneContents(name) } as never]),
  )
  const result = {
    events: ids.map(event),
    touched: new Map(),
    recordCounts: new Map(ids.map((id) => [id, 1])),
  }
  return storing(zones, result as never, [], undefined)
}
