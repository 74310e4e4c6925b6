import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

/** Resolves as soon as the condition holds; fails the test when it does not for too long. */
export async function until(condition: () => boolean, limitMs = 20_000): Promise<void> {
  const limit = Date.now() + limitMs
  while (!condition()) {
    if (Date.now() > limit) assert.fail(`did not happen in ${limitMs} ms: ${condition}`)
    await delay(5)
  }
}
