import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Child, endText } from './child.ts'
import { LocalFault } from './fault.ts'
import { waitUntil } from './wait-until.ts'

export interface NatsOptions {
  /** Path of the nats-server program. */
  readonly program: string
  /** Folder of its own: configuration, password and streams. */
  readonly home: string
  readonly port: number
  readonly logFile: string
  readonly onStart?: (child: Child) => void
}

export interface RunningNats {
  readonly url: string
  readonly child: Child
}

/** Ends it in order. */
export async function stopNats(child: Child): Promise<void> {
  await child.stop('SIGINT', STOP_LIMIT_MS)
}

const USER = 'zonelog'
/** The sum that streams may reserve. Left out, it would be a share of the room that is free now: less than they reserve on many disks. */
const MOST_STORED_BYTES = 64 * 2 ** 30
const STOP_LIMIT_MS = 10_000
const START_LIMIT_MS = 30_000

/** Starts a nats-server with JetStream on 127.0.0.1 and resolves when it answers. */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  await mkdir(options.home, { recursive: true, mode: 0o700 })
  const password = await keptPassword(join(options.home, 'password'))
  const configFile = join(options.home, 'nats-server.conf')
  // another program may take the port at the same moment, even one of our kind
  const serverName = `zonelog-${randomBytes(8).toString('hex')}`
  await writeFile(configFile, natsConfiguration(options, serverName, password), { mode: 0o600 })

  const { logFile, onStart } = options
  const child = await Child.start(options.program, { args: ['-c', configFile], logFile, onStart })
  const answered = await waitUntil(
    () => child.end !== undefined || answersAs(serverName, options.port),
    START_LIMIT_MS,
  )
  if (child.end !== undefined) throw new LocalFault(`nats-server ended at start with ${endText(child.end)}`)
  if (!answered) {
    child.kill()
    throw new LocalFault(
      `nats-server did not answer on 127.0.0.1:${options.port} within ${START_LIMIT_MS / 1000} s`,
    )
  }
  return {
    url: `nats://${USER}:${password}@127.0.0.1:${options.port}`,
    child,
  }
}

function natsConfiguration({ home, port }: NatsOptions, serverName: string, password: string): string {
  const text = (value: string) => JSON.stringify(value)
  return `# written at every start by zonelog
server_name: ${text(serverName)}
listen: "127.0.0.1:${port}"
max_payload: 8388608
jetstream { store_dir: ${text(join(home, 'streams'))}, max_file_store: ${MOST_STORED_BYTES} }
authorization { user: ${text(USER)}, password: ${text(password)} }
`
}

/** A password made at the first start and kept in a file that only its owner reads. */
async function keptPassword(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept.trim() !== '') return kept.trim()
  const password = randomBytes(24).toString('base64url')
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return password
}

/** A NATS server greets every connection with INFO and its name; it accepts connections only once JetStream has recovered. */
function answersAs(serverName: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (data) => done(data.toString('latin1').includes(`"server_name":"${serverName}"`)))
    socket.once('error', () => done(false))
    socket.setTimeout(1000, () => done(false))
  })
}
