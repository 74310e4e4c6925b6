import { Session } from 'node:inspector/promises'

const OURS = /\/(shared|services)\/[^?]*\.ts$/

// Counters are compiled into a function when it is first called, so they are asked for before anything of ours runs: import this
// module first.
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })

/**
 * How often the blocks of our code were entered while `run` ran: the work it took, whatever the machine and its load. What happens
 * inside one call of the language's own (a sort, a regular expression, a copy of an array) is not counted.
 */
export async function countedSteps(run: () => void): Promise<number> {
  await session.post('Profiler.takePreciseCoverage')
  run()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  const ranges = result
    .filter(({ url }) => OURS.test(url))
    .flatMap(({ functions }) => functions.flatMap((each) => each.ranges))
  return ranges.reduce((sum, { count }) => sum + count, 0)
}
