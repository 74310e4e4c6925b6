import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chown, readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { canReach } from '../../services/local/postgres-account.ts'
import { runCommand } from '../../services/local/run-command.ts'
import { digShort } from '../support/dig.ts'
import { freePort, temporaryFolder } from '../support/infrastructure.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { TestSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const MASTER_KEY = randomBytes(32).toString('base64')
const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 }
const AS_NOBODY = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
const CAPABLE = ['--inh-caps', '-all,+net_bind_service', '--ambient-caps', '-all,+net_bind_service']

/** Why it cannot be tried on this machine, for people. */
async function reason(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'only root can run a process as another user with a capability'
  const least = await readFile('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8').catch(() => '0')
  if (Number(least) <= 53) return 'everybody may listen on port 53 here (net.ipv4.ip_unprivileged_port_start)'
  const tried = await runCommand('setpriv', [...AS_NOBODY, ...CAPABLE, process.execPath, '--version'])
  if (tried.status !== 0) return `setpriv cannot do it here: ${tried.stderr.trim()}`
  const main = new URL('../../cli/', import.meta.url).pathname
  return (await canReach(NOBODY, main)) ? undefined : `an ordinary user may not read ${main}`
}

const cannot = await reason()

describe('an edge on port 53 as an ordinary user (docs/install.md)', { skip: cannot ?? false }, () => {
  let system: TestSystem
  let refused: ServiceProcess
  let serving: ServiceProcess
  let servingHttp: number
  // of the loopback network, where nothing else has port 53
  const host = `127.53.${1 + Math.floor(Math.random() * 250)}.${1 + Math.floor(Math.random() * 250)}`

  before(async () => {
    system = await TestSystem.prepare()
    servingHttp = await freePort()
    // all at once: edges wait for the writer
    refused = await edge(await freePort(), '--inh-caps=-all', '--ambient-caps=-all')
    serving = await edge(servingHttp, ...CAPABLE)
    const api = system.api(await system.writer({ ZONELOG_MASTER_KEY: MASTER_KEY }))
    await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
  })
  after(async () => {
    await Promise.all([refused?.stop(), serving?.stop()])
    await system?.close()
  })

  async function edge(httpPort: number, ...privileges: string[]): Promise<ServiceProcess> {
    const dataDir = temporaryFolder('edge')
    await chown(dataDir, NOBODY.uid, NOBODY.gid)
    const environment = {
      ...system.environment,
      ZONELOG_DATA_DIR: dataDir,
      ZONELOG_MASTER_KEY: MASTER_KEY,
      ZONELOG_DNS_LISTEN: `${host}:53`,
      ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${httpPort}`,
      ZONELOG_LOG_LEVEL: 'info',
    }
    return new ServiceProcess('edge', environment, { through: ['setpriv', ...AS_NOBODY, ...privileges] })
  }

  it('says what to do when it may not listen there', async () => {
    assert.notEqual(await refused.exited, 0)
    assert.match(refused.log, new RegExp(`cannot listen on (?:UDP|TCP) ${host}:53.*CAP_NET_BIND_SERVICE`))
  })

  it('serves with CAP_NET_BIND_SERVICE, and has no other right', async () => {
    await serving.ready(servingHttp)
    const status = await readFile(`/proc/${serving.pid}/status`, 'utf8')
    assert.match(status, /^Uid:\s+65534\s+65534/m)
    assert.match(status, /^CapEff:\s+0000000000000400$/m)
    for (const transport of ['+notcp', '+tcp'])
      await until(
        `it serves the zone, ${transport}`,
        async () => (await digShort({ host, port: 53 }, 'example.com', 'SOA', transport)).length === 1,
      )
  })
})
