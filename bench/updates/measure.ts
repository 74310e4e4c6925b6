import { setTimeout as delay } from 'node:timers/promises'
import { machineTimes, processorSeconds } from '../machine.ts'
import { type Case, namesOf } from './cases.ts'
import { load, type Range } from './client.ts'
import { type Contestant, say } from './contestants.ts'
import { changesHeld } from './held.ts'
import { byPart, Meter } from './meter.ts'
import type { Options } from './options.ts'
import type { Measured } from './report.ts'

/** Names taken from the zone file so far, of each server and kind of case: none is used twice. */
const used = new Map<string, number>()

/** One run of a case against one of the servers, once all of them are idle. */
export async function measure(
  server: Contestant,
  all: readonly Contestant[],
  one: Case,
  run: number,
  { seconds, sockets, processors }: Options,
): Promise<Measured> {
  for (const other of all) await idle(other)
  const key = `${server.name} ${one.records} ${one.signed}`
  const range: Range = { prefix: `${one.name}-${run}-`, from: 0 }
  const isFresh = one.variant === 'add' || one.variant === 'prerequisite'
  const from = isFresh ? 0 : (used.get(`${key} ${one.variant}`) ?? namesOf(one).first)
  const heldBefore = isFresh ? 0 : await changesHeld(server.port, one, range)
  if (!isFresh) await idle(server)
  const meter = new Meter(server.parts)
  const machineBefore = machineTimes()
  const seen = await load(server.port, one, { ...range, from }, { seconds, sockets })
  const machine = machineTimes()
  await idle(server)
  const done = seen.rcodes.NOERROR ?? 0
  const processes = meter.read(Math.max(1, done))
  if (!isFresh) used.set(`${key} ${one.variant}`, from + seen.sent)
  const { NOERROR: _, ...otherAnswers } = seen.rcodes
  const held = (await changesHeld(server.port, one, range)) - heldBefore
  const at = (share: number) => seen.latencies[Math.floor(seen.latencies.length * share)] ?? Number.NaN
  const share = (of: 'steal' | 'idle') =>
    (machine[of] - machineBefore[of]) / (machine.total - machineBefore.total)
  const result: Measured = {
    case: one.name,
    server: server.name,
    updatesPerSecond: done / seen.seconds,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    lost: seen.lost,
    otherAnswers,
    beyond: held - done,
    microseconds: byPart(processes),
    processes,
    busy: processors * (1 - share('idle') - share('steal')),
    steal: 100 * share('steal'),
  }
  say(server.name, told(result))
  return result
}

function told(one: Measured): string {
  const { lost, beyond } = one
  const times = `p50 ${one.p50.toFixed(1)} ms, p99 ${one.p99.toFixed(1)} ms`
  const machine = `busy ${one.busy.toFixed(2)}, steal ${one.steal.toFixed(1)} %`
  return `${one.case}: ${Math.round(one.updatesPerSecond)}/s, ${times}, lost ${lost}, ${JSON.stringify(one.otherAnswers)}, beyond ${beyond}, ${machine}`
}

/** What a server still does for updates that it has answered is over, so that the next run has the machine for itself. */
async function idle(server: Contestant): Promise<void> {
  const pids = [...server.parts.values()].flat()
  // each process has something to do now and then
  const rest = Math.max(0.05, 0.0125 * pids.length)
  for (let waited = 0; waited < 120; waited++) {
    const before = processorSeconds(pids)
    await delay(500)
    if (processorSeconds(pids) - before < rest) return
  }
  say(server.name, 'still works in the background after a minute')
}
