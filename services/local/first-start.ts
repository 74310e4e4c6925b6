import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { relative } from 'node:path'
import type { Config } from '../../shared/config.ts'
import type { DataDirectory } from './data-directory.ts'
import { LocalFault } from './fault.ts'
import { findProgram } from './find-program.ts'
import { reachable } from './reachable.ts'

const ZONE = 'example.com'
const KEY = 'demo'
const ALGORITHM = 'hmac-sha256'

/**
 * On a new installation makes the zone example.com and the key `demo` that may update it, so that there is something to try.
 * Returns the commands to try it with, here and at every later start for which the key file is still there.
 */
export async function firstStart(config: Config, data: DataDirectory): Promise<string> {
  const keyFile = data.file(`${KEY}.key`)
  const api = new AdminApi(config)
  const { zones } = (await api.call('GET', '/v1/zones?limit=1')) as { zones: unknown[] }
  if (zones.length === 0) await makeDemo(api, keyFile)
  if (!existsSync(keyFile)) return ''
  return await commands(config, keyFile)
}

/** The file is written first: a start cut short here goes on with the same secret at the next one. */
async function makeDemo(api: AdminApi, keyFile: string): Promise<void> {
  const secret = (await keptSecret(keyFile)) ?? randomBytes(32).toString('base64')
  const clause = `key "${KEY}" {\n\talgorithm ${ALGORITHM};\n\tsecret "${secret}";\n};\n`
  await writeFile(keyFile, clause, { mode: 0o600 })
  await api.call('POST', '/v1/keys', { name: KEY, algorithm: ALGORITHM, secret }, 409)
  await api.call('POST', '/v1/zones', { name: ZONE, allowUpdate: [KEY] }, 409)
}

async function keptSecret(keyFile: string): Promise<string | undefined> {
  const text = await readFile(keyFile, 'utf8').catch(() => '')
  return /secret "([^"]+)"/.exec(text)?.[1]
}

async function commands(config: Config, keyFile: string): Promise<string> {
  const { host, port } = reachable(config.dnsListen[0]!)
  const name = `hello.${ZONE}`
  const update = `server ${host} ${port}\\nupdate add ${name} 300 A 192.0.2.1\\nsend\\n`
  const missing = (await findProgram('nsupdate')) === undefined || (await findProgram('dig')) === undefined
  const hint = missing
    ? '  (nsupdate and dig come with the package bind9-dnsutils, bind-utils or bind-tools)\n'
    : ''
  return `Try it from another terminal:
${hint}  printf '${update}' | nsupdate -k ${shellWord(keyFile)}
  dig @${host} -p ${port} ${name} A +noall +answer
`
}

/** As it can be pasted into a shell, relative where that is shorter. */
function shellWord(path: string): string {
  const near = relative(process.cwd(), path)
  const word = near.length < path.length ? near : path
  return /^[\w./@%+:-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

class AdminApi {
  readonly #config: Config

  constructor(config: Config) {
    this.#config = config
  }

  /** The answer's body. Throws for any other status than success or `alsoFine`. */
  async call(method: string, path: string, body?: unknown, alsoFine?: number): Promise<unknown> {
    // the writer made the token file after our configuration was read
    const token = this.#config.apiToken ?? (await readFile(this.#config.apiTokenFile, 'utf8')).trim()
    const response = await fetch(new URL(path, this.#config.apiUrl), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    })
    const text = await response.text()
    if (response.ok) return JSON.parse(text)
    if (response.status === alsoFine) return undefined
    if (response.status === 401)
      throw new LocalFault(
        `The token in ${this.#config.apiTokenFile} is not one of this database: put the right one there, or set ZONELOG_API_TOKEN.`,
      )
    throw new Error(`${method} ${path} of the admin API: ${response.status} ${text}`)
  }
}
