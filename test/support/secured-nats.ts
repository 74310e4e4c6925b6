import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nkeys } from 'nats'
import { TestAuthority } from './certificates.ts'
import { freePort, type TestNats } from './infrastructure.ts'
import { toolPath } from './programs.ts'
import { endWithUs, temporaryFolder } from './temporary.ts'
import { until } from './until.ts'

export const NATS_CONFIGURATION = fileURLToPath(
  new URL('../../deploy/nats/nats-server.conf', import.meta.url),
)

const PASSWORDS = { WRITER_PASSWORD: 'writers-word-1', EDGE_1_PASSWORD: 'edge-ones-word-1' }

/** A nats-server on exactly deploy/nats/nats-server.conf; only addresses and places are of this machine. */
export interface SecuredNats extends TestNats {
  /** `nats://` without user. */
  readonly host: string
  readonly authority: TestAuthority
  /** Variables with which a writer, or an edge of the file, gets in. */
  readonly writer: Record<string, string>
  readonly edge1: Record<string, string>
  readonly edge2: Record<string, string>
  /** What the server has logged; every violation of a permission is in it. */
  log(): string
}

export async function securedNats(): Promise<SecuredNats> {
  const [authority, port, monitor] = [await TestAuthority.make(), await freePort(), await freePort()]
  const [server, client] = [await authority.sign('nats'), await authority.sign('client')]
  const folder = temporaryFolder('nats')
  const user = nkeys.createUser()
  const nkeyFile = join(folder, 'edge-2.nk')
  writeFileSync(nkeyFile, user.getSeed(), { mode: 0o600 })
  const logFile = join(folder, 'log')
  mkdirSync(join(folder, 'streams'))
  const places = [
    '-a',
    '127.0.0.1',
    '-p',
    String(port),
    '-m',
    String(monitor),
    '-sd',
    join(folder, 'streams'),
  ]
  const environment = {
    ...PASSWORDS,
    NATS_SERVER_NAME: 'test',
    NATS_TLS_CERT: server.cert,
    NATS_TLS_KEY: server.key,
    NATS_TLS_CA: authority.ca,
    EDGE_2_NKEY: user.getPublicKey(),
  }
  const launch = async () => {
    const child = spawn(toolPath('nats-server'), ['-c', NATS_CONFIGURATION, ...places, '-l', logFile], {
      detached: true,
      stdio: 'ignore',
      env: environment,
    })
    endWithUs(child.pid!)
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    await until(`nats-server takes ${NATS_CONFIGURATION}`, async () => {
      if (child.exitCode !== null) throw new Error(readFileSync(logFile, 'utf8'))
      return (await fetch(`http://127.0.0.1:${monitor}/healthz`).catch(() => undefined))?.ok ?? false
    })
    return { child, ended }
  }
  let running = await launch()
  const end = async (signal: NodeJS.Signals) => {
    running.child.kill(signal)
    await running.ended
  }
  const tls = {
    ZONELOG_NATS_CA: authority.ca,
    ZONELOG_NATS_CERT: client.cert,
    ZONELOG_NATS_KEY: client.key,
  }
  const urlOf = (name: string, password: string) => `nats://${name}:${password}@127.0.0.1:${port}`
  return {
    port,
    host: `nats://127.0.0.1:${port}`,
    authority,
    writer: { ...tls, ZONELOG_NATS_URL: urlOf('writer', PASSWORDS.WRITER_PASSWORD) },
    edge1: {
      ...tls,
      ZONELOG_NATS_URL: urlOf('edge-1', PASSWORDS.EDGE_1_PASSWORD),
      ZONELOG_EDGE_ID: 'edge-1',
    },
    edge2: {
      ...tls,
      ZONELOG_NATS_URL: `nats://127.0.0.1:${port}`,
      ZONELOG_NATS_NKEY_FILE: nkeyFile,
      ZONELOG_EDGE_ID: 'edge-2',
    },
    url: urlOf('writer', PASSWORDS.WRITER_PASSWORD),
    log: () => readFileSync(logFile, 'utf8'),
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    pause: () => void running.child.kill('SIGSTOP'),
    resume: () => void running.child.kill('SIGCONT'),
    restart: async () => {
      running = await launch()
    },
  }
}
