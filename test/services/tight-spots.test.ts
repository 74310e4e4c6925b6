import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { sql } from 'kysely'
import type { ConsumerInfo, NatsConnection } from 'nats'
import { Committer } from '../../services/zone-writer/batch/committer.ts'
import { JointCommits } from '../../services/zone-writer/batch/joint-commits.ts'
import { isLeftOver } from '../../services/zone-writer/consume/leftovers.ts'
import { PartitionWorker } from '../../services/zone-writer/consume/partition-worker.ts'
import { WriterMetrics } from '../../services/zone-writer/metrics.ts'
import { Publisher } from '../../services/zone-writer/publish/publisher.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { ensureStreams } from '../../shared/messaging/streams.ts'
import {
  COMMANDS_STREAM,
  commandSubject,
  consumerName,
  partitionOf,
} from '../../shared/messaging/subjects.ts'
import { DatabaseLine } from '../faults/network/database-line.ts'
import { addA, DnsClient, noName, update } from '../support/dns-client.ts'
import { historyIsWhole, historyOf } from '../support/history.ts'
import { decoded } from '../support/spec.ts'
import { type RunningEdge, type RunningWriter, TestSystem } from '../support/system.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

/** The moments at which a promise is easiest to break, one by one. test/faults breaks everything at once. */

interface Health {
  readonly nats: { readonly connected: boolean }
}

const PARTITIONS = 16

let system: TestSystem
let line: DatabaseLine
let writer: RunningWriter
let edges: RunningEdge[]
let client: DnsClient
let other: DnsClient
let zoneId: number
let name = ''
let names = 0

before(async () => {
  system = await TestSystem.prepare()
  line = await DatabaseLine.to(Number(new URL(system.database.url).port))
  writer = await startWriter()
  edges = [await system.edge(), await system.edge()]
  zoneId = (await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })).id
  client = await DnsClient.to(edges[0]!.port)
  other = await DnsClient.to(edges[1]!.port)
  for (const each of [client, other])
    await until('the edge takes updates', async () => (await each.rcode(update({}))) === 'NOERROR')
})
after(async () => {
  client?.close()
  other?.close()
  await system?.close()
  line?.close()
})
beforeEach(() => {
  name = `t${++names}.example.com.`
})

async function startWriter(): Promise<RunningWriter> {
  const url = new URL(system.database.url)
  url.port = String(line.port)
  return await system.writer({ ZONELOG_DATABASE_URL: url.href })
}

/** An update that could not succeed twice. */
const once = () => update({ prerequisites: [noName(name)], updates: [addA(name, '192.0.2.1')] })

async function eventsFor(owner: string): Promise<string[]> {
  const events = (await historyOf(system, zoneId)).filter(({ message }) => message.length > 0)
  const about = events.filter(({ message }) =>
    decoded(message).authorities.some((record) => record.name === owner),
  )
  return about.map(({ reason }) => reason)
}

/** Keeps the zone's row from every writer while `work` goes on. */
async function whileHeld(work: () => Promise<void>): Promise<void> {
  await system.db.transaction().execute(async (trx) => {
    await sql`select 1 from zone where id = ${zoneId} for update`.execute(trx)
    await work()
  })
}

/**
 * Stops the transaction that writes a record of this name before its commit, with the zone locked, until `work` is done; `work` begins
 * when it stands there. It does so for less than a statement of a commit may take.
 */
async function whileDeciding(owner: string, work: () => Promise<void>): Promise<void> {
  await sql`create table gate (closed boolean)`.execute(system.db)
  await sql`create function wait_at_gate() returns trigger language plpgsql as
    $$ begin while not exists (select from gate) loop perform pg_sleep(0.01); end loop; return new; end $$`.execute(
    system.db,
  )
  await sql
    .raw(
      `create trigger gate before insert on rrset for each row when (new.owner = '${owner}') execute function wait_at_gate()`,
    )
    .execute(system.db)
  try {
    await work()
  } finally {
    await sql`insert into gate values (false)`.execute(system.db)
    await sql`drop trigger gate on rrset`.execute(system.db)
    await sql`drop function wait_at_gate`.execute(system.db)
    await sql`drop table gate`.execute(system.db)
  }
}

/** Transactions of {@link whileDeciding} that stand there now. */
async function transactionsAtGate(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*) from pg_stat_activity
    where datname = current_database() and wait_event = 'PgSleep'`.execute(system.db)
  return rows[0]!.count
}

/** Ends the session by which a writer holds the zone's partition, as a broken line does. */
async function endClaim(): Promise<void> {
  const partition = partitionOf(zoneId, PARTITIONS)
  const { rows } = await sql`select pg_terminate_backend(pid) from pg_locks join pg_stat_activity using (pid)
    where application_name = 'zonelog writer claims' and datname = current_database()
      and locktype = 'advisory' and granted and objsubid = 2 and mode = 'ExclusiveLock' and objid = ${partition}`.execute(
    system.db,
  )
  assert.equal(rows.length, 1)
}

async function holdsThePartition({ apiPort }: RunningWriter): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${apiPort}/healthz`)
  const { partitions } = (await answer.json()) as { partitions: number[] }
  return partitions.includes(partitionOf(zoneId, PARTITIONS))
}

/** Redeliveries and re-sends that a writer found recorded. */
function repeatsIn(metrics: string): number {
  return Number(/^zonelog_writer_repeats_total (\d+)$/m.exec(metrics)![1])
}

async function metricsOf({ apiPort }: RunningWriter): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${apiPort}/metrics`)).text()
}

/** With a time, by a consumer that was not made then. */
async function writerHas(commands: number, notMadeAt?: string): Promise<void> {
  const nats = await connectNats(system.nats.url, 'test', silentLogger())
  await until('a writer has taken it', async () => {
    // it is being made anew for a moment, after a test in which two writers took it for theirs
    const info = await consumerOf(nats).catch(() => undefined)
    return (info?.num_ack_pending ?? 0) >= commands && info?.created !== notMadeAt
  })
  await nats.close()
}

async function consumerOf(nats: NatsConnection): Promise<ConsumerInfo> {
  const { consumers } = await nats.jetstreamManager()
  return await consumers.info(COMMANDS_STREAM, consumerName(partitionOf(zoneId, PARTITIONS)))
}

/** When the consumer was made by which a writer takes the zone's commands. */
async function consumerMadeAt(): Promise<string> {
  const nats = await connectNats(system.nats.url, 'test', silentLogger())
  const { created } = await consumerOf(nats)
  await nats.close()
  return created
}

async function commandsQueued(): Promise<number> {
  const nats = await connectNats(system.nats.url, 'test', silentLogger())
  const { state } = await (await nats.jetstreamManager()).streams.info(COMMANDS_STREAM)
  await nats.close()
  return state.messages
}

describe('P1 and P2 in tight spots', () => {
  it('a commit whose acknowledgement was lost is found again: the client gets its outcome, and there is one event', async () => {
    const before = repeatsIn(await metricsOf(writer))
    const wasFound = async () => repeatsIn(await metricsOf(writer)) > before
    // a commit of something else that the writer does may be the next one
    for (let round = 0; round < 5 && !(await wasFound()); round++) {
      name = `${round}${name}`
      const cutBefore = line.counts['commits cut']
      line.cutAfterCommits(1)
      const message = once()
      let rcode = 'silence'
      for (let attempt = 0; attempt < 5 && rcode === 'silence'; attempt++)
        rcode = await client.rcode(message, 5_000)
      assert.equal(rcode, 'NOERROR')
      assert.equal(line.counts['commits cut'], cutBefore + 1)
      assert.deepEqual(await eventsFor(name), ['applied'])
    }
    assert.ok(await wasFound(), 'no commit of an update was cut')
  })

  it('a duplicate through another edge, while the first is certainly undecided, gets the same outcome', async () => {
    const message = once()
    const answers: Promise<string>[] = []
    await whileHeld(async () => {
      answers.push(client.rcode(message))
      await writerHas(1)
      answers.push(other.rcode(message))
      await until('the duplicate has queued', async () => (await commandsQueued()) >= 2)
    })
    assert.deepEqual(await Promise.all(answers), ['NOERROR', 'NOERROR'])
    assert.deepEqual(await eventsFor(name), ['applied'])
  })

  it('two writers that both take a partition for theirs, with the same commands in hand, apply each once', async (context) => {
    const nats = await connectNats(system.nats.url, 'usurper', silentLogger())
    const publisher = new Publisher(nats, silentLogger())
    const metrics = new WriterMetrics()
    const committer = new Committer(system.commits, silentLogger(), metrics)
    const joint = new JointCommits(committer, ({ events, outcomes }) => publisher.announce(events, outcomes))
    const usurp = () =>
      new PartitionWorker(partitionOf(zoneId, PARTITIONS), {
        nats,
        isProven: () => true,
        log: silentLogger(),
        confirmClaim: async () => {},
        mayWork: () => true,
        commit: (queue, _, settle) => joint.commit(queue, settle),
      })
    const answers: Promise<string>[] = []
    let usurper: PartitionWorker | undefined
    context.after(async () => {
      await usurper?.stop()
      await publisher.drain()
      committer.breaker.close()
      await nats.close()
    })
    await whileDeciding(name, async () => {
      answers.push(client.rcode(once(), 20_000))
      await until('the first has decided it', async () => (await transactionsAtGate()) === 1)
      usurper = usurp()
      await until('the other has it too, and waits for the zone', async () => {
        const { rows } = await sql`select from pg_stat_activity where datname = current_database()
          and application_name = 'test commits' and wait_event_type = 'Lock'`.execute(system.db)
        return rows.length === 1
      })
      assert.equal(await transactionsAtGate(), 1)
    })
    assert.deepEqual(await Promise.all(answers), ['NOERROR'])
    await until(
      'the other has found it recorded',
      async () => repeatsIn(await metrics.registry.metrics()) > 0,
    )
    assert.deepEqual(await eventsFor(name), ['applied'])
    const owners = Array.from({ length: 60 }, (_, index) => `${index}.${name}`)
    await Promise.all(
      owners.map(async (owner, index) => {
        const message = update({ prerequisites: [noName(owner)], updates: [addA(owner, '192.0.2.1')] })
        let rcode = 'silence'
        for (let attempt = 0; attempt < 6 && rcode === 'silence'; attempt++)
          rcode = await (index % 2 === 0 ? client : other).rcode(message, 4_000)
        assert.equal(rcode, 'NOERROR', owner)
      }),
    )
    for (const owner of owners)
      assert.deepEqual(
        (await eventsFor(owner)).filter((reason) => reason !== 'expired'),
        ['applied'],
      )
  })

  it('what is in hand when a writer is asked to end is settled, and comes to nobody a second time', async () => {
    const answers: Promise<string>[] = []
    let ended: Promise<void> | undefined
    await whileHeld(async () => {
      answers.push(client.rcode(once(), 20_000))
      await writerHas(1)
      ended = writer.close()
    })
    await ended
    writer = await startWriter()
    assert.deepEqual(await Promise.all(answers), ['NOERROR'])
    assert.deepEqual(await eventsFor(name), ['applied'])
  })

  it('what comes to another writer while the one that is asked to end still has its transaction open is applied once', async () => {
    const started = await startWriter()
    const [ending, heir] = (await holdsThePartition(writer)) ? [writer, started] : [started, writer]
    const before = repeatsIn(await metricsOf(heir))
    const answers: Promise<string>[] = []
    let ended: Promise<void> | undefined
    await whileDeciding(name, async () => {
      answers.push(client.rcode(once(), 20_000))
      await until('the first has decided it', async () => (await transactionsAtGate()) === 1)
      const madeAt = await consumerMadeAt()
      ended = ending.close()
      await endClaim()
      await writerHas(1, madeAt)
      assert.equal(await holdsThePartition(heir), true)
      assert.equal(await transactionsAtGate(), 1)
    })
    assert.deepEqual(await Promise.all(answers), ['NOERROR'])
    await until('the other has found it recorded', async () => repeatsIn(await metricsOf(heir)) > before)
    assert.deepEqual(await eventsFor(name), ['applied'])
    await ended
    writer = heir
  })
})

describe('P3 in tight spots', () => {
  it('a command that is past its deadline when the writers are back is recorded and not applied; its re-send is', async () => {
    const ttlMs = 500
    const hasty = await system.edge({ ZONELOG_COMMAND_TTL_MS: String(ttlMs) })
    const sender = await DnsClient.to(hasty.port)
    await writer.close()
    const message = once()
    sender.throwIn(message)
    await until('the command has queued', async () => (await commandsQueued()) === 1)
    const deadline = Date.now() + ttlMs
    await until('its deadline is over', () => Date.now() > deadline)
    writer = await startWriter()
    await until('it has its event', async () => (await eventsFor(name)).length === 1)
    assert.deepEqual(await eventsFor(name), ['expired'])
    assert.deepEqual(await client.query(name, 'A'), [])
    await until('its re-send is applied', async () => (await client.rcode(message, 4_000)) === 'NOERROR')
    sender.close()
    await hasty.close()
    assert.deepEqual(await eventsFor(name), ['expired', 'applied'])
  })
})

describe('P5 in tight spots', () => {
  it('a command that no transaction takes is set aside with an event, and its neighbours go on', async () => {
    await sql`create function refuse() returns trigger language plpgsql as
      $$ begin raise exception 'poison'; end $$`.execute(system.db)
    await sql
      .raw(
        `create trigger poison before insert on rrset for each row when (new.owner = '${name}') execute function refuse()`,
      )
      .execute(system.db)
    const owners = Array.from({ length: 10 }, (_, index) => `${index}.${name}`)
    let rcodes: string[] = []
    await whileHeld(async () => {
      const answers = [...owners, name].map((owner) =>
        client.rcode(update({ updates: [addA(owner, '192.0.2.1')] }), 20_000),
      )
      await writerHas(owners.length + 1)
      void Promise.all(answers).then((all) => {
        rcodes = all
      })
    })
    await until('all are answered', () => rcodes.length === owners.length + 1)
    assert.deepEqual(rcodes, [...owners.map(() => 'NOERROR'), 'SERVFAIL'])
    assert.deepEqual(await eventsFor(name), ['fault'])
    await sql`drop trigger poison on rrset`.execute(system.db)
  })
})

describe('an edge that is asked to end', () => {
  it('finishes the updates under way, answers queries meanwhile, and takes no new update', async () => {
    const leaving = await system.edge()
    const asker = await DnsClient.to(leaving.port)
    assert.deepEqual(await asker.query('ns1.example.com.', 'A'), ['127.0.0.1'])
    let ended: Promise<void> | undefined
    let answer: Promise<string> | undefined
    await whileHeld(async () => {
      answer = asker.rcode(once(), 20_000)
      await writerHas(1)
      ended = leaving.close()
      assert.deepEqual(await asker.query('ns1.example.com.', 'A'), ['127.0.0.1'])
      assert.equal((await fetch(`http://127.0.0.1:${leaving.httpPort}/readyz`)).status, 503)
      asker.throwIn(update({ updates: [addA(`late.${name}`, '192.0.2.1')] }))
      assert.deepEqual(await asker.query('ns1.example.com.', 'A'), ['127.0.0.1'])
    })
    assert.equal(await answer, 'NOERROR')
    await ended
    asker.close()
    assert.deepEqual(await eventsFor(`late.${name}`), [])
  })
})

describe('an edge that loses NATS for a moment', () => {
  it('takes an update meanwhile, instead of refusing it', async () => {
    const proxy = await TcpProxy.to(system.nats.port)
    const url = new URL(system.nats.url)
    url.port = String(proxy.port)
    const edge = await system.edge({ ZONELOG_NATS_URL: url.href })
    const sender = await DnsClient.to(edge.port)
    assert.equal(await sender.rcode(update({})), 'NOERROR')
    const health = async () =>
      (await (await fetch(`http://127.0.0.1:${edge.httpPort}/healthz`)).json()) as Health
    proxy.cut()
    await until('the edge knows that NATS is gone', async () => !(await health()).nats.connected)
    proxy.mend()
    assert.equal(await sender.rcode(once(), 20_000), 'NOERROR')
    sender.close()
    await edge.close()
    proxy.close()
  })
})

describe('commands that stay in the stream', () => {
  it('are decided all the same when the consumer has passed them by', async () => {
    const patient = await system.edge({ ZONELOG_COMMAND_TTL_MS: '26000' })
    const sender = await DnsClient.to(patient.port)
    assert.equal(await sender.rcode(update({})), 'NOERROR')
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    const manager = await nats.jetstreamManager()
    const consumer = consumerName(partitionOf(zoneId, PARTITIONS))
    const filter = async (partition: number) =>
      await manager.consumers.update(COMMANDS_STREAM, consumer, { filter_subject: commandSubject(partition) })
    // neither has the partition of the test above: no two consumers of such a stream may want the same
    await filter(98)
    const answer = sender.rcode(once(), 60_000)
    await until('the command has queued', async () => (await commandsQueued()) === 1)
    await filter(partitionOf(zoneId, PARTITIONS))
    const { num_pending, num_ack_pending } = await manager.consumers.info(COMMANDS_STREAM, consumer)
    // nats-server counts what it has passed by anew since 2.10
    if (/^2\.[0-9]\./.test(nats.info?.version ?? ''))
      assert.deepEqual([num_pending, num_ack_pending], [0, 0], 'the consumer knows nothing of it')
    assert.equal(await answer, 'NOERROR')
    await until('the command is gone', async () => (await commandsQueued()) === 0)
    assert.deepEqual(await eventsFor(name), ['applied'])
    await nats.close()
    sender.close()
    await patient.close()
  })

  it('are told from those that are in hand, or have not come yet', () => {
    const before = { oldest: 7, activity: 3 }
    const idle = { oldest: 7, activity: 3, isIdle: true, inHand: Number.POSITIVE_INFINITY, newest: 9 }
    assert.equal(isLeftOver(before, idle), true, 'nothing has come between two looks')
    assert.equal(isLeftOver({ ...before, oldest: Number.NaN }, idle), false, 'it may be on its way')
    assert.equal(isLeftOver(before, { ...idle, isIdle: false, inHand: 7 }), false, 'it is being decided')
    const busy = { ...idle, activity: 5, isIdle: false, inHand: 8 }
    assert.equal(isLeftOver(before, busy), true, 'newer ones are being decided')
    assert.equal(isLeftOver({ ...before, oldest: 6 }, busy), false, 'its acknowledgement may be under way')
    assert.equal(isLeftOver(before, { ...busy, newest: 6, inHand: 5 }), false, 'older ones have queued')
  })
})

describe('settings that would make a promise false', () => {
  it('fsync = off: the writer says so in its metrics, as every test server has it so', async () => {
    assert.match(await metricsOf(writer), /^zonelog_writer_unsafe_settings [1-9]/m)
  })

  it('a stream with fewer replicas than asked for: refused, with what to do', async () => {
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    await assert.rejects(
      ensureStreams(nats, 3),
      /ZONELOG_COMMANDS has 1 replica.*nats stream edit ZONELOG_COMMANDS --replicas 3/,
    )
    await nats.close()
  })
})

describe('after all of it', () => {
  it('history is whole', async () => {
    await historyIsWhole(system, zoneId)
  })
})
