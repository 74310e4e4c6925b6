import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Child } from '../../../services/local/child.ts'
import { clusterNats } from '../../support/cluster-nats.ts'
import { freePort, toolPath } from '../../support/infrastructure.ts'
import { until } from '../../support/until.ts'
import { type Guard, signalGroup } from './guard.ts'

/** One nats-server of a cluster, which is killed, paused, and started again at the same port with the same streams. */
export class NatsNode {
  readonly name: string
  readonly port: number
  readonly monitorPort: number
  private readonly program: string
  private readonly folder: string
  private readonly guard: Guard
  private child: Child | undefined

  constructor(
    { name, port, monitorPort }: { name: string; port: number; monitorPort: number },
    { program, folder, guard }: { program: string; folder: string; guard: Guard },
  ) {
    this.name = name
    this.port = port
    this.monitorPort = monitorPort
    this.program = program
    this.folder = folder
    this.guard = guard
  }

  async start(): Promise<void> {
    const child = await Child.start(this.program, {
      args: ['-c', join(this.folder, `${this.name}.conf`)],
      logFile: join(this.folder, `${this.name}.log`),
    })
    this.child = child
    this.guard.add(child.pid)
    void child.ended.then(() => this.guard.remove(child.pid))
  }

  async kill(): Promise<void> {
    // its limit also keeps this process up until the child, which alone does not hold it, has ended
    await this.child?.stop('SIGKILL', 20_000)
  }

  /** As its packages' service files do it: it hands its streams over, then lets its clients go, and ends. */
  async stopInOrder(): Promise<void> {
    await this.child?.stop('SIGUSR2', 60_000)
  }

  pause(): void {
    if (this.child !== undefined) signalGroup(this.child.pid, 'SIGSTOP')
  }

  resume(): void {
    if (this.child !== undefined) signalGroup(this.child.pid, 'SIGCONT')
  }

  /** Whether it answers and follows its cluster; its streams may still be catching up. */
  async isHealthy(): Promise<boolean> {
    const limit = { signal: AbortSignal.timeout(1_000) }
    const answer = await fetch(
      `http://127.0.0.1:${this.monitorPort}/healthz?js-server-only=true`,
      limit,
    ).catch(() => undefined)
    return answer?.ok ?? false
  }
}

const USER = 'zonelog'
const PASSWORD = 'only-for-this-run'

const ATTEMPTS = 5

/** So many nats-servers with JetStream on 127.0.0.1; one alone is no cluster. */
export class NatsCluster {
  readonly nodes: readonly NatsNode[]
  readonly url: string
  /** Whether what it loses is a fault of what is tested. */
  readonly isFit: boolean
  /** Servers that did not come back by themselves, one entry each time. */
  readonly startedAgain: string[] = []

  private constructor(nodes: readonly NatsNode[], isFit: boolean) {
    this.nodes = nodes
    this.isFit = isFit
    const [first, ...others] = nodes.map(({ port }) => `127.0.0.1:${port}`)
    this.url = [
      `nats://${USER}:${PASSWORD}@${first}`,
      ...others.map((host) => `nats://${USER}:${PASSWORD}@${host}`),
    ].join(',')
  }

  static async start(folder: string, count: number, guard: Guard): Promise<NatsCluster> {
    await mkdir(folder, { recursive: true })
    const places: { name: string; port: number; monitorPort: number; clusterPort: number }[] = []
    for (let number = 1; number <= count; number++)
      places.push({
        name: `n${number}`,
        port: await freePort(),
        monitorPort: await freePort(),
        clusterPort: await freePort(),
      })
    const routes = places.map(({ clusterPort }) => `nats://127.0.0.1:${clusterPort}`)
    for (const place of places)
      await writeFile(
        join(folder, `${place.name}.conf`),
        configuration(place, folder, count > 1 ? routes : []),
      )
    const { program, isFit } =
      count > 1 ? await clusterNats() : { program: toolPath('nats-server'), isFit: true }
    const nodes = places.map((place) => new NatsNode(place, { program, folder, guard }))
    for (const node of nodes) await node.start()
    const cluster = new NatsCluster(nodes, isFit)
    await cluster.healthy()
    return cluster
  }

  async healthy(limitMs = 60_000): Promise<void> {
    for (const node of this.nodes) await until(`${node.name} is healthy`, () => node.isHealthy(), limitMs)
  }

  /** Until all are healthy after a fault. Those that are not in time are started again one by one, as an operator would, and that is written down. */
  async rejoined(limitMs = 30_000): Promise<void> {
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
      const isThere = await this.healthy(attempt * limitMs).then(
        () => true,
        () => false,
      )
      if (isThere) return
      for (const node of this.nodes)
        if (!(await node.isHealthy())) {
          this.startedAgain.push(node.name)
          await node.kill()
          await node.start()
          await until(`${node.name} is healthy`, () => node.isHealthy(), limitMs).catch(() => {})
        }
    }
    await this.healthy(ATTEMPTS * limitMs)
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
  }
}

function configuration(
  place: { name: string; port: number; monitorPort: number; clusterPort: number },
  folder: string,
  routes: readonly string[],
): string {
  const cluster =
    routes.length === 0
      ? ''
      : `cluster { name: fire, listen: "127.0.0.1:${place.clusterPort}", routes: ${JSON.stringify(routes)} }\n`
  return `server_name: ${place.name}
listen: "127.0.0.1:${place.port}"
http: "127.0.0.1:${place.monitorPort}"
max_payload: 8388608
lame_duck_duration: "30s"
lame_duck_grace_period: "3s"
jetstream { store_dir: ${JSON.stringify(join(folder, place.name))}, max_file_store: ${64 * 2 ** 30} }
authorization { user: "${USER}", password: "${PASSWORD}" }
${cluster}`
}
