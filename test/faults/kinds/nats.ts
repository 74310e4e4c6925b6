import { COMMANDS_STREAM } from '../../../shared/messaging/subjects.ts'
import type { Deployment } from '../deployment/deployment.ts'
import type { NatsNode } from '../deployment/nats-cluster.ts'
import { leadersChosen } from '../deployment/nats-leaders.ts'
import type { Random } from '../random.ts'
import type { Back, Fault, FaultKind, MayLose } from './fault.ts'

/** Updates flow again so soon after NATS has its leaders. */
const AIM_MS = 2_000

const leadersBack = (deployment: Deployment): Back => ({
  what: 'NATS had its leaders',
  isThere: () => leadersChosen(deployment),
})

/**
 * Where no server is left that has them: commands that wait to be decided, which they do until their deadline and a little longer. One of three servers
 * that is killed or paused may lose nothing: most of them have what was confirmed, and only one of these takes the lead.
 */
const ALL_SERVERS_GONE: MayLose = { beforeMs: 15_000, afterMs: 0 }

const isCluster = ({ cluster }: Deployment) => cluster.nodes.length > 1

async function killedNode(deployment: Deployment, node: NatsNode, random: Random): Promise<Fault> {
  const { cluster } = deployment
  await node.kill()
  return {
    what: node.name,
    lastsMs: random.between(500, 4_000),
    heal: async () => {
      await node.start()
      await cluster.rejoined()
    },
    othersTakeOver: isCluster(deployment),
    back: leadersBack(deployment),
    edgesHit: [],
    ...(isCluster(deployment) ? {} : { mayLose: ALL_SERVERS_GONE }),
  }
}

/** The node that leads the stream of commands, or any where nobody says. */
async function leader({ cluster, nats }: Deployment, random: Random): Promise<NatsNode> {
  const found = await nats
    .jetstreamManager()
    .then((manager) => manager.streams.info(COMMANDS_STREAM))
    .then((info) => cluster.nodes.find(({ name }) => name === info.cluster?.leader))
    .catch(() => undefined)
  return found ?? random.pick(cluster.nodes)
}

async function limitCommands({ nats }: Deployment, most: number): Promise<void> {
  const manager = await nats.jetstreamManager()
  const { config } = await manager.streams.info(COMMANDS_STREAM)
  await manager.streams.update(COMMANDS_STREAM, { ...config, max_msgs: most })
}

async function persist(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === 20) throw error
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

const KINDS: readonly FaultKind[] = [
  {
    name: 'NATS server killed',
    weight: 2,
    aimMs: AIM_MS,
    begin: async (deployment, random) =>
      await killedNode(deployment, random.pick(deployment.cluster.nodes), random),
  },
  {
    name: 'NATS leader killed',
    weight: 2,
    aimMs: AIM_MS,
    isPossible: isCluster,
    begin: async (deployment, random) =>
      await killedNode(deployment, await leader(deployment, random), random),
  },
  {
    name: 'NATS server paused',
    weight: 1,
    aimMs: AIM_MS,
    begin: async (deployment, random) => {
      const { cluster } = deployment
      const node = random.pick(cluster.nodes)
      node.pause()
      return {
        what: node.name,
        lastsMs: random.between(200, 5_000),
        heal: async () => node.resume(),
        othersTakeOver: false,
        back: leadersBack(deployment),
        edgesHit: [],
      }
    },
  },
  {
    name: 'whole NATS restarted',
    weight: 1,
    aimMs: AIM_MS,
    begin: async (deployment, random) => {
      const { cluster } = deployment
      await Promise.all(cluster.nodes.map((node) => node.kill()))
      return {
        what: `${cluster.nodes.length} servers`,
        lastsMs: random.between(200, 2_000),
        heal: async () => {
          for (const node of cluster.nodes) await node.start()
          await cluster.rejoined()
        },
        othersTakeOver: false,
        back: leadersBack(deployment),
        edgesHit: [],
        mayLose: ALL_SERVERS_GONE,
      }
    },
  },
  {
    name: 'stream of commands full',
    weight: 1,
    hits: 'commands refused or not answered',
    begin: async (deployment, random) => {
      await persist(() => limitCommands(deployment, 1))
      return {
        what: COMMANDS_STREAM,
        lastsMs: random.between(500, 2_000),
        heal: () => persist(() => limitCommands(deployment, -1)),
        othersTakeOver: false,
        edgesHit: [],
      }
    },
  },
]

/** None where the cluster's version is known to lose what it has stored: that is no fault of what is tested. */
export const NATS_FAULTS: readonly FaultKind[] = KINDS.map((kind) => ({
  ...kind,
  isPossible: (deployment) => deployment.cluster.isFit && (kind.isPossible?.(deployment) ?? true),
}))
