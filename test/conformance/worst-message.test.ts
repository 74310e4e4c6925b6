// biome-ignore assist/source/organizeImports: counters must be on before what is counted is imported
import { countedSteps } from './counted-steps.ts'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runInNewContext } from 'node:vm'
import { zoneOf } from '../support/spec.ts'
import { takeIn } from './take-in.ts'
import { COSTLY, type Costly, REGULAR_EXPRESSION } from './worst-messages.ts'

/** Doubling the octets may double the work; a set that is searched for each record would quadruple it. */
const MOST_GROWTH = 2.3
/** An octet: a name of two octets may stand for 255, each read, copied, compared and printed. */
const MOST_STEPS = 800
/** A linear check takes a few milliseconds. */
const AT_ALL_MS = 5_000

function stepsOf({ message, zone }: Costly, size: number): Promise<number> {
  const [octets, given] = [message(size), zone?.(size) ?? zoneOf()]
  return countedSteps(() => takeIn(octets, given))
}

describe('no message costs more than in proportion to its octets', () => {
  for (const costly of COSTLY)
    it(costly.title, { todo: costly.todo }, async () => {
      await stepsOf(costly, 1_000) // what runs once only
      const [half, whole] = [await stepsOf(costly, 16_000), await stepsOf(costly, 32_000)]
      assert.ok(whole <= MOST_STEPS * 32_000, `${whole} steps for 32,000 octets`)
      assert.ok(whole <= MOST_GROWTH * half, `${half} steps for 16,000 octets, ${whole} for 32,000`)
    })

  it(REGULAR_EXPRESSION.title, { todo: REGULAR_EXPRESSION.todo }, () => {
    const octets = REGULAR_EXPRESSION.message(65_535)
    // minutes or hours if its check is not linear
    runInNewContext('run()', { run: () => takeIn(octets, zoneOf()) }, { timeout: AT_ALL_MS })
  })
})
