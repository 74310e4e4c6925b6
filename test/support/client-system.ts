import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { AdminApi } from './admin-api.ts'
import { freePort, temporaryFolder } from './infrastructure.ts'
import type { ServerAddress } from './nsupdate.ts'
import { type RunningEdge, TestSystem } from './system.ts'
import { until } from './until.ts'

/** A key as its owner gets it. */
export interface ClientKey {
  readonly name: string
  readonly algorithm: string
  readonly secret: string
  /** For `-k`: the clause as `zonelog key create` prints it. */
  readonly file: string
  /** For `-y`. */
  readonly option: string
}

/** A system with one edge, which listens on IPv6 as well where this machine has that. */
export interface ClientSystem {
  readonly system: TestSystem
  readonly api: AdminApi
  readonly edge: RunningEdge
  readonly server: ServerAddress
  /** Undefined on a machine without IPv6. */
  readonly server6: ServerAddress | undefined
}

/** Everybody on this machine may update a zone that has these. */
export const ANYBODY_HERE = ['127.0.0.0/8', '::1/128']

/** And may bring what ANY leaves out, as a signer in front of zonelog does. */
export async function letSignersIn(api: AdminApi, zone: string): Promise<void> {
  await api.post(`/v1/zones/${zone}/rules`, { rules: ['grant * zonesub NSEC NSEC3'] })
}

export async function startClientSystem(): Promise<ClientSystem> {
  const system = await TestSystem.prepare()
  const writer = await system.writer()
  const port = await freePort()
  const withIPv6 = await hasIPv6(port)
  const listen = `127.0.0.1:${port}${withIPv6 ? `,[::1]:${port}` : ''}`
  const edge = { ...(await system.edge({ ZONELOG_DNS_LISTEN: listen })), port }
  const server = { host: '127.0.0.1', port }
  return {
    system,
    edge,
    api: system.api(writer),
    server,
    server6: withIPv6 ? { ...server, host: '::1' } : undefined,
  }
}

function hasIPv6(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '::1', () => probe.close(() => resolve(true)))
  })
}

export async function createClientKey(
  api: AdminApi,
  name: string,
  algorithm = 'hmac-sha256',
): Promise<ClientKey> {
  const { secret, clause } = await api.createKey(name, algorithm)
  return await keyFiles({ name, algorithm, secret }, clause)
}

/** A key of the client's own making, which the server may know otherwise or not at all. */
export async function keyFiles(
  { name, algorithm, secret }: { name: string; algorithm: string; secret: string },
  clause = `key "${name}" {\n\talgorithm ${algorithm};\n\tsecret "${secret}";\n};\n`,
): Promise<ClientKey> {
  const file = join(temporaryFolder('key'), 'key')
  await writeFile(file, clause, { mode: 0o600 })
  return { name, algorithm, secret, file, option: `${algorithm}:${name}:${secret}` }
}

/** Until the edge has heard of so many zones. */
export async function knowsZones(edge: RunningEdge, count: number): Promise<void> {
  await until(`the edge knows ${count} zones`, async () => {
    const health = await (await fetch(`http://127.0.0.1:${edge.httpPort}/healthz`)).json()
    return (health as { zones: { known: number } }).zones.known === count
  })
}
