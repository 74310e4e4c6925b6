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

  it('is done at once where too much waits, so that whoever brings it has to wait', () => {
    const turns = new Turns(10)
    const done: number[] = []
    for (let number = 0; number < 5_000; number++) {
      turns.add(() => done.push(number))
      assert.ok(turns.waiting <= 10)
    }
    assert.deepEqual(done, [...Array(4_990).keys()])
  })

  it('lets others have the event loop in between', async () => {
    const turns = new Turns()
    let left = 50
    let leftWhenOthersCame = 0
    for (let number = left; number > 0; number--)
      turns.add(() => {
        work()
        left--
      })
    setImmediate(() => {
      leftWhenOthersCame = left
    })
    await until('all is done', () => left === 0)
    assert.ok(leftWhenOthersCame > 0)
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
