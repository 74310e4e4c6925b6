import { setTimeout as delay } from 'node:timers/promises'

/** Asks again and again until the answer is true, or `limitMs` is over (false). */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  limitMs: number,
  everyMs = 20,
): Promise<boolean> {
  const deadline = Date.now() + limitMs
  for (;;) {
    if (await condition()) return true
    if (Date.now() >= deadline) return false
    await delay(everyMs)
  }
}
