import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Turns } from '../../services/edge/turns.ts'
import { until } from '../support/until.ts'

/** Holds the event loop for longer than a turn. */
function work(): void {
  const end = performance.now() + 2
  while (performance.now() < end);
}

describe('work that comes in crowds', () => {
  it('is done in its order, all of it, also what is added meanwhile', async () => {
    const turns = new Turns()
    const done: number[] = []
    for (let number = 0; number < 100; number++)
      turns.add(() => {
        done.push(number)
        if (number % 10 === 0) turns.add(() => done.push(100 + number))
      })
    await until('all is done', () => turns.waiting === 0)
    const later = Array.from({ length: 10 }, (_, index) => 100 + 10 * index)
    assert.deepEqual(done, [...Array(100).keys(), ...later])
  })

  it('lets others have the event loop in between', async () => {
    const turns = new Turns()
    const seen: string[] = []
    for (let number = 0; number < 3; number++)
      turns.add(() => {
        work()
        seen.push('work')
      })
    const others = setInterval(() => seen.push('other'))
    await until('all is done', () => turns.waiting === 0)
    clearInterval(others)
    assert.notDeepEqual(seen.slice(0, 3), ['work', 'work', 'work'])
  })

  it('counts what its promises set off as its own', async () => {
    const turns = new Turns()
    let taken = 0
    let takenWhenOthersCame = 0
    for (let number = 0; number < 50; number++)
      turns.add(
        () =>
          void Promise.resolve()
            .then(work)
            .then(() => taken++),
      )
    setImmediate(() => {
      takenWhenOthersCame = taken
    })
    await until('all is done', () => taken === 50)
    assert.ok(takenWhenOthersCame < 50)
  })
})
