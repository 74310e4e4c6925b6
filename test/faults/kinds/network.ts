import { setTimeout as delay } from 'node:timers/promises'
import type { Deployment } from '../deployment/deployment.ts'
import { CALM, type Weather } from '../network/datagram-proxy.ts'
import type { Random } from '../random.ts'

const WEATHERS: readonly Weather[] = [
  { lose: 0.005, double: 0.01, delay: 0.01, mostDelayMs: 300 },
  { lose: 0.01, double: 0.05, delay: 0.05, mostDelayMs: 1_500 },
  { lose: 0.1, double: 0.2, delay: 0.2, mostDelayMs: 1_000 },
]

/** The weather between clients and edges, which changes every few seconds until the end. */
export async function changeWeather(
  { edges }: Deployment,
  random: Random,
  isOver: () => boolean,
): Promise<void> {
  while (!isOver()) {
    // mostly light, or clients would do nothing but wait
    for (const { proxy } of edges) proxy.weather = random.chance(0.8) ? WEATHERS[0]! : random.pick(WEATHERS)
    await delay(random.between(2_000, 6_000))
  }
  for (const { proxy } of edges) proxy.weather = CALM
}
