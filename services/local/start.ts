import { rm } from 'node:fs/promises'
import { relative } from 'node:path'
import { endpointText } from '../../shared/config/read.ts'
import type { Config } from '../../shared/config.ts'
import { type DataDirectory, openDataDirectory, unusable } from './data-directory.ts'
import { LocalFault } from './fault.ts'
import { firstStart } from './first-start.ts'
import { LocalSystem } from './local-system.ts'
import { reachable } from './reachable.ts'
import { listenForStop, type StopSignals } from './stop-signals.ts'

/**
 * `zonelog start`: runs the whole system in the foreground until it is told to stop. Resolves with the exit status:
 * 0 after an ordered stop, 1 for a fault (said on standard error), 130 when a second signal cut the stop short.
 */
export async function start(config: Config): Promise<number> {
  // a pipe whose reader has gone away is no reason to end: other commands do, so their listener goes
  process.stdout.removeAllListeners('error').on('error', () => {})
  const signals = listenForStop()
  // the children are no reason for this process to go on living, but their supervision is
  const alive = setInterval(() => {}, 60_000)
  let data: DataDirectory | undefined
  try {
    data = await openDataDirectory(config.dataDir)
    return await runSystem(config, data, signals)
  } catch (error) {
    complain(config, error)
    return 1
  } finally {
    await data?.release().catch(() => {})
    signals.release()
    clearInterval(alive)
  }
}

async function runSystem(config: Config, data: DataDirectory, signals: StopSignals): Promise<number> {
  const began = performance.now()
  const { promise: gaveUp, resolve: giveUp } = Promise.withResolvers<string>()
  const system = new LocalSystem(config, data, say, giveUp)
  say(`Starting zonelog with its data in ${shown(data.path)} …`)
  try {
    const started = system.start().then(() => 'started' as const)
    started.catch(() => {}) // when a signal comes first, how the start ends is of no interest
    if ((await Promise.race([started, signals.first])) === 'stop')
      return await stopInOrder(system, data, signals, 0)
    announce(config, data, performance.now() - began)
    say(await firstStart(config, data))
  } catch (error) {
    complain(config, error)
    return await stopInOrder(system, data, signals, 1)
  }
  const reason = await Promise.race([signals.first, gaveUp])
  if (reason !== 'stop') process.stderr.write(`${reason}\n`)
  return await stopInOrder(system, data, signals, reason === 'stop' ? 0 : 1)
}

async function stopInOrder(
  system: LocalSystem,
  data: DataDirectory,
  signals: StopSignals,
  status: number,
): Promise<number> {
  say('Stopping … (once more to stop at once)')
  const stopped = system.stop().then(() => 'stopped' as const)
  if ((await Promise.race([stopped, signals.second])) === 'kill') {
    system.kill()
    return 130
  }
  await rm(data.file('run.json'), { force: true })
  await rm(data.file('children.json'), { force: true })
  if (status === 0) say('Stopped. All data is kept.')
  return status
}

function announce(config: Config, data: DataDirectory, tookMs: number): void {
  say(`
zonelog runs, started in ${(tookMs / 1000).toFixed(1)} s. Ctrl-C stops it.
  DNS         ${config.dnsListen.map(endpointText).join(', ')} (UDP and TCP)
  console     http://${endpointText(reachable(config.apiListen))} (sign in with the token in ${shown(config.apiTokenFile)})
  admin API   the same address, below /v1
  edge HTTP   http://${endpointText(reachable(config.edgeHttpListen))} (/livez, /readyz, /healthz, /metrics${config.httpUpdates.besideMetrics ? ', /nic/update' : ''})
  logs        ${shown(data.file('logs'))}
`)
}

/** What only a person can put right is said without a stack; the rest is a fault of ours and keeps it. */
function complain(config: Config, error: unknown): void {
  const code = (error as NodeJS.ErrnoException).code
  const text =
    error instanceof LocalFault
      ? error.message
      : code === 'ENOSPC' || code === 'EDQUOT'
        ? unusable(config.dataDir, error as NodeJS.ErrnoException)
        : error instanceof Error
          ? error.stack
          : String(error)
  process.stderr.write(`${text}\n`)
}

/** Relative where that is shorter. */
function shown(path: string): string {
  const near = relative(process.cwd(), path)
  return near.length < path.length ? near : path
}

function say(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`)
}
