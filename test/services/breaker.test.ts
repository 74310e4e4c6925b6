import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { type Attempt, type Breaker, type BreakerState, createBreaker } from '../../shared/breaker.ts'
import { silentLogger } from '../../shared/log.ts'
import { until } from '../support/until.ts'

const failure = new Error('it does not work')

describe('a circuit breaker that is told how attempts end', () => {
  let breaker: Breaker<[], void>
  let states: BreakerState[]
  beforeEach(() => {
    states = []
    breaker = createBreaker(async () => {}, {
      name: 'test',
      log: silentLogger(),
      timeoutMs: false,
      resetMs: 20,
      volume: 3,
      onState: (state) => states.push(state),
    })
  })
  afterEach(() => breaker.close())

  const begun = (count: number): Attempt[] => Array.from({ length: count }, () => breaker.begin()!)
  const open = () => {
    for (const attempt of begun(3)) attempt.failed(failure)
  }

  it('opens once more than half of them failed, and not for a few', () => {
    const attempts = begun(4)
    for (const attempt of attempts.slice(0, 2)) attempt.failed(failure)
    assert.equal(breaker.state, 'closed')
    attempts[2]!.failed(failure)
    assert.equal(breaker.state, 'open')
    assert.equal(breaker.begin(), undefined)
  })

  it('lets one through after a while, which closes it', async () => {
    open()
    await until('it is half open', () => breaker.state === 'half-open')
    const attempt = breaker.begin()
    assert.ok(attempt)
    assert.equal(breaker.begin(), undefined)
    attempt.succeeded()
    await until('it is closed', () => breaker.state === 'closed')
    assert.ok(breaker.begin())
    assert.deepEqual(states, ['open', 'half-open', 'closed'])
  })

  it('is open again when that one fails', async () => {
    open()
    await until('it is half open', () => breaker.state === 'half-open')
    breaker.begin()!.failed(failure)
    await until('it is open again', () => states.length === 3)
    assert.deepEqual(states, ['open', 'half-open', 'open'])
  })

  it('is open again when one that was begun before fails late', async () => {
    const [late] = begun(1)
    open()
    await until('it is half open', () => breaker.state === 'half-open')
    late!.failed(failure)
    assert.equal(breaker.state, 'open')
  })

  it('counts attempts of both ways together', async () => {
    const attempts = begun(2)
    await breaker.fire()
    for (const attempt of attempts) attempt.failed(failure)
    assert.equal(breaker.state, 'open')
    await assert.rejects(breaker.fire())
  })
})
