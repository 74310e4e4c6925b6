import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BoundedWork } from '../../services/edge/bounded-work.ts'

describe('work that is bounded', () => {
  /** Work that ends when it is told to. */
  function job() {
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    let began = false
    const work = () => {
      began = true
      return promise
    }
    return { work, end: resolve, fail: reject, hasBegun: () => began }
  }
  const turn = () => new Promise(setImmediate)

  it('runs so many at a time, lets so many wait in their order, and refuses the others at once', async () => {
    const bounded = new BoundedWork(2, 2)
    const jobs = Array.from({ length: 5 }, job)
    const results = jobs.map(({ work }) => bounded.run(work))
    const begun = () => jobs.map(({ hasBegun }) => hasBegun())
    assert.deepEqual(begun(), [true, true, false, false, false])
    assert.equal(results[4], undefined)
    jobs[1]!.end('second')
    assert.equal(await results[1], 'second')
    await turn()
    assert.deepEqual(begun(), [true, true, true, false, false])
    for (const { end } of jobs) end('done')
    assert.deepEqual(await Promise.all(results), ['done', 'second', 'done', 'done', undefined])
    assert.notEqual(bounded.run(job().work), undefined)
  })

  it('what fails makes way for the next, and tells who asked', async () => {
    const bounded = new BoundedWork(1, 1)
    const [first, second] = [job(), job()]
    const failing = bounded.run(first.work)!
    const waiting = bounded.run(second.work)!
    first.fail(new Error('broken'))
    await assert.rejects(failing, /broken/)
    await turn()
    assert.equal(second.hasBegun(), true)
    second.fail(new Error('broken too'))
    await assert.rejects(waiting, /broken too/)
  })
})
