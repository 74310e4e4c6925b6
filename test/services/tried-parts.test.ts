import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { triedParts } from '../../services/zone-writer/batch/tried-parts.ts'
import type { Tried } from '../../services/zone-writer/store/tries.ts'

type Noted = Omit<Tried, 'together'>

/** The table of tries, and processes that end by one command (docs/decisions/0021). */
function run(count: number, noted: ReadonlyMap<number, Noted>, poison: number | undefined) {
  const table = new Map(noted)
  const settled = new Set<number>()
  let parts = 0
  for (let deaths = 0; ; deaths++) {
    const by = `process ${deaths}`
    const queue = Array.from({ length: count }, (_, id) => id)
    let isDead = false
    const counts = Map.groupBy(table.values(), (tried) => tried.by)
    const before = new Map(
      [...table].map(([id, tried]) => [id, { ...tried, together: counts.get(tried.by)!.length }]),
    )
    for (const part of triedParts(queue, (id) => before.get(id))) {
      parts++
      const [first] = part
      const alone = before.get(first!)?.alone ?? 0
      if (alone >= 2) return { deaths, parts, settled, aside: first }
      for (const id of part)
        table.set(id, { by, alone: (before.get(id)?.alone ?? 0) + (part.length === 1 ? 1 : 0) })
      isDead = poison !== undefined && part.includes(poison)
      if (isDead) break
      for (const id of part) {
        table.delete(id)
        settled.add(id)
      }
    }
    if (!isDead) return { deaths, parts, settled, aside: undefined }
  }
}

const notedBy = (by: string, ids: readonly number[], alone = 0) =>
  ids.map((id) => [id, { by, alone }] as const)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

describe('commands that may have ended a process (P5)', () => {
  it('are tried together where nothing is known of them', () =>
    assert.deepEqual(
      triedParts([1, 2, 3], () => undefined),
      [[1, 2, 3]],
    ))

  it('are tried in order, those alone that were alone in hand, and others beside those of their process', () => {
    const tried = new Map([...notedBy('a', range(2, 17)), ...notedBy('a', [17], 1), ...notedBy('b', [20], 1)])
    assert.deepEqual(
      triedParts(range(0, 22), (id) => {
        const noted = tried.get(id)
        return noted && { ...noted, together: 16 }
      }),
      [[0, 1], ...range(1, 8).map((pair) => [2 * pair, 2 * pair + 1]), [16], [17], [18, 19], [20], [21]],
    )
  })

  it('are tried together where they are few of many that the process had in hand for other partitions', () =>
    assert.deepEqual(
      triedParts([1, 2, 3], () => ({ by: 'a', alone: 0, together: 100 })),
      [[1, 2, 3]],
    ))

  it('cost no more than eight parts where a process was killed that had them in hand', () => {
    const { deaths, parts, settled } = run(500, new Map(notedBy('killed', range(0, 500))), undefined)
    assert.deepEqual([deaths, parts, settled.size], [0, 8, 500])
  })

  it('the one that is to blame is found, and its neighbours go on', () => {
    for (const count of [1, 2, 7, 50, 500])
      for (const poison of new Set([0, Math.floor(count / 2), count - 1])) {
        const { deaths, aside, settled } = run(count, new Map(), poison)
        assert.equal(aside, poison, `${poison} of ${count}`)
        // with the one that ended before anything was noted
        assert.ok(deaths + 1 <= 6, `${deaths + 1} processes ended`)
        assert.ok(settled.size >= poison, 'those before it are settled')
      }
  })
})
