import { setTimeout as delay } from 'node:timers/promises'

const LIMIT_MS = 20_000

/** Waits for a condition, and says which when it does not come. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const end = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms in vain until ${what}`)
    await delay(20)
  }
}
