import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { FuzzTally, FuzzTask } from './fuzz-worker.ts'

/** Mutated messages through the decoder and `decide`, one worker a core. Rejects with the octets that made either throw. */
export async function fuzzEverywhere({ seed, messages }: FuzzTask): Promise<FuzzTally> {
  const workers = availableParallelism()
  const share = Math.ceil(messages / workers)
  const tallies = await Promise.all(
    Array.from({ length: workers }, (_, index) => inWorker({ seed: seed + index, messages: share })),
  )
  const total: FuzzTally = {}
  for (const tally of tallies)
    for (const [outcome, count] of Object.entries(tally)) total[outcome] = (total[outcome] ?? 0) + count
  return total
}

async function inWorker(task: FuzzTask): Promise<FuzzTally> {
  const worker = new Worker(new URL('fuzz-worker.ts', import.meta.url), { workerData: task })
  // rejects when the worker throws
  const [tally] = (await once(worker, 'message')) as [FuzzTally]
  await worker.terminate()
  return tally
}
