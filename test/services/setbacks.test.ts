import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { sql } from 'kysely'
import { wantedPartitions } from '../../services/zone-writer/consume/wanted-partitions.ts'
import { ClaimSession } from '../../services/zone-writer/store/claims.ts'
import { connectDatabase } from '../../shared/database/connect.ts'
import { isConnectionFault } from '../../shared/database/faults.ts'
import { silentLogger } from '../../shared/log.ts'
import { connectNats } from '../../shared/messaging/connect.ts'
import { COMMANDS_STREAM, consumerName } from '../../shared/messaging/subjects.ts'
import { addA, DnsClient, update } from '../support/dns-client.ts'
import { historyOf } from '../support/history.ts'
import { freePort } from '../support/infrastructure.ts'
import { plainNats } from '../support/plain-nats.ts'
import { ServiceProcess } from '../support/service-process.ts'
import { type RunningWriter, TestSystem } from '../support/system.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'

const portOf = (url: string) => Number(new URL(url).port)

describe('a writer that lost its session with Postgres', () => {
  it('tries to have what it had, and for a while leaves the rest to those who had it', () => {
    assert.deepEqual(wantedPartitions(8, new Set(), [5, 6], false), [5, 6])
    assert.deepEqual(wantedPartitions(8, new Set([5]), [5, 6], false), [6])
  })

  it('takes what nobody has come back for, its own first', () =>
    assert.deepEqual(wantedPartitions(8, new Set([5]), [5, 6], true), [6, 0, 1, 2, 3, 4, 7]))

  it('takes all that is free when it had none: it has just begun', () =>
    assert.deepEqual(wantedPartitions(3, new Set(), [], true), [0, 1, 2]))
})

describe('setbacks that must stay small', () => {
  let system: TestSystem
  let proxy: TcpProxy

  beforeEach(async () => {
    system = await TestSystem.prepare()
  })
  afterEach(async () => {
    await system.close()
    proxy?.close()
  })

  const noClaims = async () => {
    const { rows } = await sql`select 1 from pg_stat_activity
      where application_name = 'zonelog writer claims' and datname = current_database()`.execute(system.db)
    return rows.length === 0
  }
  const sharesOf =
    (writers: readonly RunningWriter[]) =>
    async (...shares: number[]) => {
      const held = await Promise.all(writers.map((writer) => system.api(writer).partitions()))
      return held.map(({ length }) => length).join() === shares.join()
    }

  it('a writer that loses NATS leaves its partitions to one that has it', async () => {
    proxy = await TcpProxy.to(portOf(system.nats.url))
    const cutOff = await system.writer({ ZONELOG_NATS_URL: proxy.reroute(system.nats.url) })
    const healthy = await system.writer()
    const sharesAre = sharesOf([cutOff, healthy])
    await until('each has its share', () => sharesAre(8, 8))
    proxy.cut()
    await until('the healthy one has all', () => sharesAre(0, 16))
    proxy.mend()
    await until('each has its share again', () => sharesAre(8, 8))
    proxy.cut()
    await cutOff.close()
  })

  it('writers that lose Postgres have their shares again when it is back', async () => {
    proxy = await TcpProxy.to(portOf(system.database.url))
    const environment = { ZONELOG_DATABASE_URL: proxy.reroute(system.database.url) }
    const writers = [await system.writer(environment), await system.writer(environment)]
    const sharesAre = sharesOf(writers)
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    const manager = await nats.jetstreamManager()
    const madeAt = async () => {
      const consumers = await manager.consumers.list(COMMANDS_STREAM).next()
      return new Map(consumers.map(({ name, created }) => [name, Date.parse(created)]))
    }
    await until('each has its share', () => sharesAre(8, 8))
    await until('each has made the consumers of what it was given', async () => {
      const { partitions } = (await system.api(writers[0]!).get('/v1/status')) as {
        partitions: { partition: number; since?: string }[]
      }
      const made = await madeAt()
      return partitions.every(
        ({ partition, since }) =>
          since !== undefined && (made.get(consumerName(partition)) ?? 0) >= Date.parse(since),
      )
    })
    const before = await madeAt()
    proxy.cut()
    await until('they have let go of all', () => sharesAre(0, 0))
    proxy.mend()
    await until('each has its share again', () => sharesAre(8, 8))
    assert.deepEqual(await madeAt(), before, 'the consumers of commands are those that were there')
    await nats.close()
  })

  it('an outcome that does not come is asked for: the client has its answer without another try', async () => {
    proxy = await TcpProxy.to(portOf(system.nats.url))
    const writer = await system.writer()
    const edge = await system.edge({ ZONELOG_NATS_URL: proxy.reroute(system.nats.url) })
    await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    const client = await DnsClient.to(edge.port)
    await until('the edge knows the zone', async () => (await client.query('example.com', 'SOA')).length > 0)
    let lost = 0
    proxy.alter = (octets) => {
      if (lost > 0 || !octets.includes('zonelog.outcomes.')) return octets
      lost++
      return Buffer.alloc(0)
    }
    assert.equal(await client.rcode(update({ updates: [addA('a.example.com.', '192.0.2.1')] })), 'NOERROR')
    assert.deepEqual([lost, await client.query('a.example.com', 'A')], [1, ['192.0.2.1']])
    client.close()
  })

  it('an edge and a writer that start while JetStream does not answer wait for it', async () => {
    proxy = await TcpProxy.to(portOf(system.nats.url))
    await system.writer()
    let lost = 0
    proxy.alter = (octets) => {
      // of one answer in a write of the server nothing comes
      if (lost >= 2 || !/"type":"io\.nats\.jetstream\.api/.test(octets.toString('latin1'))) return octets
      lost++
      return Buffer.alloc(0)
    }
    const far = { ZONELOG_NATS_URL: proxy.reroute(system.nats.url) }
    await system.edge(far)
    assert.equal(lost, 2)
    lost = 0
    await system.writer(far)
    assert.equal(lost, 2)
  })

  it('so do an edge and a writer that start where JetStream is not there, and go on when it is', async (t) => {
    // makes the master key
    await (await system.writer()).close()
    await system.nats.kill()
    const { username, password, port } = new URL(system.nats.url)
    const without = await plainNats(Number(port), ['--user', username, '--pass', password])
    const refused = new Set<TcpProxy>()
    const far = async () => {
      const proxy = await TcpProxy.to(portOf(system.nats.url))
      t.after(() => proxy.close())
      proxy.alter = (octets) => {
        if (octets.includes('NATS/1.0 503')) refused.add(proxy)
        return octets
      }
      return { ZONELOG_NATS_URL: proxy.reroute(system.nats.url) }
    }
    const started = Promise.all([system.writer(await far()), system.edge(await far())])
    await until('both have heard that it is not there', () => refused.size === 2)
    await without.stop('SIGKILL', 5_000)
    await system.nats.restart()
    const [writer, edge] = await started
    await system.api(writer).createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    const client = await DnsClient.to(edge.port)
    await until('the edge knows the zone', async () => (await client.query('example.com', 'SOA')).length > 0)
    client.close()
  })

  it('a word of error from NATS ends no service', async () => {
    proxy = await TcpProxy.to(portOf(system.nats.url))
    const nats = await connectNats(proxy.reroute(system.nats.url), 'test', silentLogger())
    for (const text of [
      '-ERR \'Permissions Violation for Publish to "x"\'\r\n',
      "-ERR 'Authorization Violation'\r\n",
      "-ERR 'Authorization Violation'\r\n",
    ])
      proxy.inject(text)
    await until('requests are answered', () =>
      nats.flush().then(
        () => true,
        () => false,
      ),
    )
    assert.equal(nats.isClosed(), false)
    await nats.close()
  })

  it('a claim session that could not begin holds nothing', async () => {
    proxy = await TcpProxy.to(portOf(system.database.url))
    proxy.holdBack = (octets) => octets.includes('pg_advisory_lock_shared')
    await assert.rejects(ClaimSession.open(proxy.reroute(system.database.url)))
    proxy.release()
    await until('no such session is left', noClaims)
  })

  it('a writer that ends while Postgres says nothing leaves no session behind', async () => {
    proxy = await TcpProxy.to(portOf(system.database.url))
    const writer = await system.writer({ ZONELOG_DATABASE_URL: proxy.reroute(system.database.url) })
    await until('it has all', async () => (await system.api(writer).partitions()).length === 16)
    let isAsked = false
    proxy.holdBack = (octets) => {
      const isHeld = octets.includes('pg_advisory_lock_shared')
      isAsked ||= isHeld
      return isHeld
    }
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'zonelog writer claims' and datname = current_database()`.execute(system.db)
    await until('it asks for another session', () => isAsked)
    await writer.close()
    proxy.release()
    await until('no such session is left', noClaims)
  })

  it('an edge that waits for its first writer ends when it is asked to', async () => {
    const writer = await system.writer() // makes the master key
    await writer.close()
    await system.nats.kill()
    await system.nats.restart()
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    await (await nats.jetstreamManager()).streams.delete('KV_zonelog-catalog')
    await nats.close()
    const environment = {
      ...system.environment,
      ZONELOG_LOG_LEVEL: 'info',
      ZONELOG_DNS_LISTEN: `127.0.0.1:${await freePort()}`,
      ZONELOG_EDGE_HTTP_LISTEN: `127.0.0.1:${await freePort()}`,
    }
    const edge = new ServiceProcess('edge', environment)
    await until('it waits', () => /waiting for the catalog/.test(edge.log))
    assert.equal(await edge.stop(), 0)
  })

  it('when NATS comes back without its storage, edges go on with the zones they know, and updates flow again', async () => {
    const writer = await system.writer()
    const api = system.api(writer)
    await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    const edge = await system.edge()
    const client = await DnsClient.to(edge.port)
    assert.deepEqual(await client.query('ns1.example.com.', 'A'), ['127.0.0.1'])
    const nats = await connectNats(system.nats.url, 'test', silentLogger())
    const manager = await nats.jetstreamManager()
    for (const stream of ['KV_zonelog-catalog', 'ZONELOG_COMMANDS', 'ZONELOG_EVENTS'])
      await manager.streams.delete(stream)
    await nats.close()
    await system.nats.kill()
    await system.nats.restart()
    await until('updates flow', async () => {
      assert.deepEqual(await client.query('ns1.example.com.', 'A'), ['127.0.0.1'])
      const rcode = await client.rcode(update({ updates: [addA('www.example.com.', '192.0.2.1')] }), 3_000)
      assert.notEqual(rcode, 'NOTAUTH')
      return rcode === 'NOERROR'
    })
    client.close()
  })
})

describe('processes that count partitions otherwise', () => {
  it('do not start beside those that run', async () => {
    const system = await TestSystem.prepare()
    await system.writer()
    const other = { ZONELOG_PARTITIONS: '8' }
    await assert.rejects(system.edge(other), /ZONELOG_PARTITIONS is 8 here, but 16/)
    await assert.rejects(system.writer(other), /ZONELOG_PARTITIONS is 8 here, but 16/)
    await system.close()
  })
})

describe('a database connection that is lost between two statements', () => {
  it('fails the transaction and nothing else', async () => {
    const system = await TestSystem.prepare()
    const { db, close } = connectDatabase(system.database.url, {
      name: 'victim',
      size: 1,
      statementMs: 5_000,
    })
    const lost = db.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx)
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'victim' and datname = current_database()`.execute(system.db)
      await until('the backend is gone', async () => {
        const { rows } = await sql`select 1 from pg_stat_activity
          where application_name = 'victim' and datname = current_database()`.execute(system.db)
        return rows.length === 0
      })
      await sql`select 1`.execute(trx)
    })
    await assert.rejects(lost, (error) => isConnectionFault(error))
    await close()
    await system.close()
  })
})

describe('a zone with a rule that this version cannot read', () => {
  let system: TestSystem
  before(async () => {
    system = await TestSystem.prepare()
  })
  after(() => system?.close())

  it('has its updates recorded as not applied; other zones go on and the breaker stays closed', async () => {
    const writer = await system.writer()
    const api = system.api(writer)
    const { id } = await api.createZone('example.com', { allowUpdate: ['127.0.0.0/8'] })
    await api.createZone('example.net', { allowUpdate: ['127.0.0.0/8'] })
    const edge = await system.edge()
    const client = await DnsClient.to(edge.port)
    await sql`update update_rule set rule = 'grant * newer a.example.com. A' where zone_id = ${id}`.execute(
      system.db,
    )
    assert.equal(await client.rcode(update({ updates: [addA('www.example.com.', '192.0.2.1')] })), 'SERVFAIL')
    const event = (await historyOf(system, id)).at(-1)!
    assert.equal(event.reason, 'fault')
    assert.match(event.detail, /rule of the zone cannot be read/)
    const other = update({ zone: 'example.net.', updates: [addA('www.example.net.', '192.0.2.1')] })
    assert.equal(await client.rcode(other), 'NOERROR')
    const health = await api.get('/healthz')
    assert.equal(health.postgres.breaker, 'closed')
    client.close()
  })
})
