import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Child } from '../../services/local/child.ts'
import { temporaryFolder, toolPath } from './infrastructure.ts'
import { endWithUs } from './temporary.ts'
import { until } from './until.ts'

/** A nats-server with arguments of a test's own, and without JetStream unless they say so. Resolves when it greets who comes. */
export async function plainNats(port: number, args: readonly string[]): Promise<Child> {
  const logFile = join(temporaryFolder('nats'), 'log')
  const child = await Child.start(toolPath('nats-server'), {
    args: ['-a', '127.0.0.1', '-p', String(port), ...args],
    logFile,
  })
  endWithUs(child.pid)
  await until('nats-server greets', () => {
    if (child.end !== undefined) throw new Error(`nats-server ended: ${readFileSync(logFile, 'utf8')}`)
    return greets(port)
  })
  return child
}

async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    const [octets] = (await once(socket, 'data', { signal: AbortSignal.timeout(1_000) })) as [Buffer]
    return octets.toString('latin1').startsWith('INFO ')
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
