import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SharedAnswers } from '../../services/zone-writer/api/shared-answers.ts'
import {
  edgeAlarms,
  healthAlarms,
  keyAlarms,
  missingAlarms,
  partitionAlarms,
  secondaryAlarms,
} from '../../services/zone-writer/overview/alarms.ts'
import { SecondaryWatch } from '../../services/zone-writer/overview/secondary-watch.ts'
import { missingWriters, partitionStates } from '../../services/zone-writer/presence/all-writers.ts'
import { forReader } from '../../services/zone-writer/presence/for-reader.ts'
import { Rcode } from '../../shared/dns/codes.ts'
import { Activity, fullerActivity, wholeHour } from '../../shared/messaging/activity.ts'

const MINUTE = 60_000
const NOW = 1_000 * MINUTE + 30_000
const decided = (rcode: number, reason: string) => ({ rcode, reason })

describe('the last hour', () => {
  it('counts what was applied, changed nothing, and was refused, minute by minute', () => {
    const activity = new Activity()
    activity.record(
      [decided(Rcode.NOERROR, 'applied'), decided(Rcode.REFUSED, 'not-permitted')],
      NOW - MINUTE,
    )
    activity.record([decided(Rcode.NOERROR, 'unchanged')], NOW)
    activity.record([decided(Rcode.NOERROR, 'applied'), decided(Rcode.NOERROR, 'applied')], NOW + 1)
    assert.deepEqual(activity.last(NOW), [
      { at: 999 * MINUTE, applied: 1, unchanged: 0, refused: 1 },
      { at: 1_000 * MINUTE, applied: 2, unchanged: 1, refused: 0 },
    ])
  })

  it('forgets what was before it', () => {
    const activity = new Activity()
    for (let minute = 0; minute < 200; minute++)
      activity.record([decided(Rcode.NOERROR, 'applied')], NOW - (199 - minute) * MINUTE)
    const last = activity.last(NOW)
    assert.equal(last.length, 60)
    assert.equal(last[0]!.at, 941 * MINUTE)
  })

  it('is one for all writers, with minutes in which there was nothing', () => {
    const hour = wholeHour(
      [
        [{ at: 1_000 * MINUTE, applied: 2, unchanged: 0, refused: 1 }],
        [
          { at: 1_000 * MINUTE, applied: 3, unchanged: 1, refused: 0 },
          { at: 100 * MINUTE, applied: 9, unchanged: 9, refused: 9 },
          // by a clock that is ahead
          { at: 1_001 * MINUTE, applied: 1, unchanged: 0, refused: 0 },
        ],
      ],
      NOW,
    )
    assert.equal(hour.length, 60)
    assert.deepEqual(hour.at(-1), { at: 1_000 * MINUTE, applied: 6, unchanged: 1, refused: 1 })
    assert.ok(hour.slice(0, -1).every(({ applied }) => applied === 0))
  })
})

describe('the last hour of a writer that was started anew', () => {
  const before = [
    { at: 999 * MINUTE, applied: 4, unchanged: 0, refused: 0 },
    { at: 1_000 * MINUTE, applied: 1, unchanged: 1, refused: 0 },
  ]

  it('goes on from what it had told', () => {
    const activity = new Activity(before)
    activity.record([decided(Rcode.NOERROR, 'applied')], NOW)
    assert.deepEqual(activity.last(NOW)[1], { at: 1_000 * MINUTE, applied: 2, unchanged: 1, refused: 0 })
    assert.deepEqual(before[1]!.applied, 1)
  })

  it('counts each minute once, however far its two counts are', () => {
    const told = [{ at: 1_000 * MINUTE, applied: 5, unchanged: 1, refused: 0 }]
    assert.deepEqual(
      fullerActivity(told, before).toSorted((a, b) => a.at - b.at),
      [before[0], told[0]],
    )
  })
})

describe('writers', () => {
  const at = new Date(NOW)
  const seen = (id: string, silentSeconds: number) => {
    return { id, version: '1', listens: '', startedAt: at, seenAt: at, silentSeconds }
  }
  const writer = (id: string, ...partitions: { partition: number; since: number }[]) => ({
    role: 'writer' as const,
    id,
    listens: '',
    writer: {
      startedAt: NOW,
      breaker: 'closed',
      problems: [] as { what: string; todo: string }[],
      partitions,
      verifier: { share: 5, zones: 0, looked: 0 },
    },
  })

  it('that do not answer are gone, or silent while Postgres hears from them', () => {
    const known = [seen('a', 1), seen('b', 2), seen('c', 60)]
    const states = (answered: ReturnType<typeof writer>[] | undefined) =>
      missingWriters(known, answered).map(({ id, state }) => `${id} ${state}`)
    assert.deepEqual(states([writer('a')]), ['b silent', 'c gone'])
    // without NATS nobody can be asked
    assert.deepEqual(states(undefined), ['c gone'])
    const [alarm, ...others] = missingAlarms(missingWriters(known, [writer('a')]))
    assert.match(alarm!.what, /writer c ended without a word/)
    assert.deepEqual(others, [])
  })

  it('tell of what is wrong with them, the same once', () => {
    const problems = [{ what: 'no NATS', todo: 'start it' }]
    const other = { ...writer('b'), writer: { ...writer('b').writer, problems } }
    const alarms = (...others: ReturnType<typeof writer>[]) =>
      healthAlarms({ id: 'a', problems }, [writer('a'), ...others]).map(({ what }) => what)
    assert.deepEqual(alarms(), ['no NATS'])
    assert.deepEqual(alarms(other), ['no NATS (writers a, b)'])
    assert.deepEqual(healthAlarms({ id: 'a', problems: [] }, [other])[0]!.what, 'no NATS (writer b)')
  })

  it('hold partitions as Postgres has it; of two that say so it is the later', () => {
    const writers = [
      writer('a', { partition: 0, since: NOW }, { partition: 1, since: NOW }),
      writer('b', { partition: 1, since: NOW - 1 }),
    ]
    const states = partitionStates(4, new Set([0, 1, 2]), writers, new Map([[3, 7]]))
    assert.deepEqual(
      states.map(({ writer, isHeld, waiting }) => [writer, isHeld, waiting]),
      [
        ['a', true, 0],
        ['a', true, 0],
        [undefined, true, 0],
        [undefined, false, 7],
      ],
    )
    assert.match(partitionAlarms(states)[0]!.what, /for 1 of 4 partitions: 7 updates/)
    assert.deepEqual(partitionAlarms(states.slice(0, 3)), [])
    const untold = states.map(({ waiting: _waiting, ...state }) => state)
    assert.match(partitionAlarms(untold)[0]!.what, /for 1 of 4 partitions: updates of their zones/)
  })

  it('tell a token for some zones that they run, and nothing that adds up what all zones have', () => {
    const activity = [{ at: 1_000 * MINUTE, applied: 2, unchanged: 0, refused: 1 }]
    const lag = { events: 5, seconds: 30, unconfirmedSeconds: 2 }
    const running = {
      writers: [{ ...writer('a', { partition: 0, since: NOW }), activity, version: '1' }],
      edges: [{ role: 'edge' as const, id: 'e', listens: '127.0.0.1:53', lag }],
      missing: [],
      partitions: [{ partition: 0, isHeld: true, writer: 'a', since: at.toISOString(), waiting: 7 }],
    }
    assert.equal(forReader({ zones: undefined }, running), running)
    assert.deepEqual(forReader({ zones: new Set() }, running), {
      writers: [{ role: 'writer', id: 'a', listens: '', version: '1' }],
      edges: [{ role: 'edge', id: 'e', listens: '127.0.0.1:53' }],
      missing: [],
      partitions: [{ partition: 0, isHeld: true }],
    })
  })
})

describe('alarms', () => {
  const edge = (lag: { events: number; seconds: number; unconfirmedSeconds: number }) => ({
    role: 'edge' as const,
    id: 'edge-1',
    listens: '',
    lag,
  })

  it('tell of edges that stay behind, or that nobody confirms, and of none at all', () => {
    assert.deepEqual(edgeAlarms([edge({ events: 5, seconds: 1, unconfirmedSeconds: 2 })]), [])
    assert.match(
      edgeAlarms([edge({ events: 5, seconds: 30, unconfirmedSeconds: 2 })])[0]!.what,
      /lacks 5 events/,
    )
    assert.match(
      edgeAlarms([edge({ events: 5, seconds: 30, unconfirmedSeconds: 2 })], false)[0]!.what,
      /edge-1 lacks events, for 30 s/,
    )
    assert.match(edgeAlarms([edge({ events: 0, seconds: 0, unconfirmedSeconds: 90 })])[0]!.what, /90 s/)
    assert.match(edgeAlarms([])[0]!.what, /no edge runs/)
    assert.deepEqual(edgeAlarms(undefined), [])
  })

  it('tell of keys that are in use past their end, and warn of those that end soon', () => {
    const at = new Date(NOW)
    const [expired, expiring] = keyAlarms(
      [{ key: 'old.', expiresAt: at, lastAt: at, count: 7 }],
      [{ key: 'soon.', expiresAt: at }],
    )
    assert.deepEqual([expired!.severity, expired!.key], ['alarm', 'old.'])
    assert.match(expired!.what, /7 messages refused/)
    assert.deepEqual([expiring!.severity, expiring!.key], ['warning', 'soon.'])
  })

  it('tell of secondaries that do not answer or stay behind', () => {
    const secondary = { target: '192.0.2.53', failures: 0 }
    assert.deepEqual(secondaryAlarms('a.', [{ ...secondary, behindSince: NOW - 1_000 }], NOW), [])
    assert.match(
      secondaryAlarms('a.', [{ ...secondary, behindSince: NOW - 90_000 }], NOW)[0]!.what,
      /behind in a\./,
    )
    assert.match(secondaryAlarms('a.', [{ ...secondary, failures: 4 }], NOW)[0]!.what, /does not acknowledge/)
  })
})

describe('answers that are dear to find', () => {
  it('are found once for all who ask within a moment, for each reader apart', async () => {
    const found: string[] = []
    const shared = new SharedAnswers<number>(1_000)
    const ask = (whose: string, now: number) => shared.get(whose, now, async () => found.push(whose))
    assert.deepEqual(await Promise.all([ask('', NOW), ask('', NOW + 999), ask('some', NOW + 999)]), [1, 1, 2])
    assert.deepEqual([await ask('', NOW + 1_000), await ask('some', NOW + 1_000)], [3, 2])
    assert.deepEqual(found, ['', 'some', ''])
  })

  it('are looked for again where that failed', async () => {
    const shared = new SharedAnswers<number>(1_000)
    await assert.rejects(
      shared.get('', NOW, async () => {
        throw new Error('no answer')
      }),
      /no answer/,
    )
    assert.equal(await shared.get('', NOW, async () => 1), 1)
  })
})

describe('secondaries of many zones', () => {
  const zones = Array.from({ length: 45 }, (_, id) => ({ id, name: `z${String(id).padStart(2, '0')}.` }))
  const list = async () => zones
  const behind = { target: '192.0.2.53', failures: 4 }

  it('are asked about some at a time, until all were, and then from the first again', async () => {
    const asked: number[] = []
    const watch = new SecondaryWatch(async (id) => {
      asked.push(id)
      return id === 44 ? [{ edge: 'one', secondaries: [behind], sightings: [] }] : []
    })
    const counts: number[] = []
    for (let round = 0; round < 4; round++) {
      const { seen, alarms } = await watch.look(list, NOW + round * 10_000)
      counts.push(seen)
      assert.equal(alarms.length, seen === 45 ? 1 : 0)
    }
    assert.deepEqual(counts, [20, 40, 45, 45])
    assert.deepEqual(asked.slice(0, 45), [...zones.keys()])
    assert.equal(new Set(asked).size, 45)
  })

  it('are asked about once in 10 s, whoever reads', async () => {
    let asked = 0
    const watch = new SecondaryWatch(async () => {
      asked++
      return []
    })
    await Promise.all([watch.look(list, NOW), watch.look(list, NOW + 1), watch.look(list, NOW + 9_999)])
    assert.equal(asked, 20)
  })

  it('are forgotten with their zone', async () => {
    const watch = new SecondaryWatch(async () => [])
    await watch.look(list, NOW)
    const { zones: left, seen } = await watch.look(async () => zones.slice(0, 1), NOW + 10_000)
    assert.deepEqual([left, seen], [1, 1])
  })
})
