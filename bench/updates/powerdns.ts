import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { stopPostgres } from '../../services/local/embedded-postgres.ts'
import { freePort, temporaryFolder } from '../../test/support/infrastructure.ts'
import { hostName } from '../zone-file.ts'
import { KEY, SIGNED_ZONE, WARM } from './cases.ts'
import { launch, ownPostgres, started, type UpdatedServer, type ZoneFiles } from './servers.ts'

const SCHEMA = '/usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql'

/** PowerDNS with its gpgsql backend, on a Postgres of its own of the same build and settings as zonelog's. */
export async function startPowerDns(zones: ZoneFiles, records: number): Promise<UpdatedServer> {
  const folder = temporaryFolder('pdns')
  const postgres = await ownPostgres(folder)
  await fill(postgres.url, zones, records)
  const url = new URL(postgres.url)
  const port = await freePort()
  const config = `
launch=gpgsql
gpgsql-host=${url.hostname}
gpgsql-port=${url.port}
gpgsql-user=${url.username}
gpgsql-password=${url.password}
gpgsql-dbname=${url.pathname.slice(1)}
local-address=127.0.0.1
local-port=${port}
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
allow-axfr-ips=127.0.0.0/8
security-poll-suffix=
socket-dir=${folder}
config-dir=${folder}
daemon=no
guardian=no
`
  await writeFile(join(folder, 'pdns.conf'), config)
  const server = started('PowerDNS', port, launch('pdns_server', [`--config-dir=${folder}`]))
  return {
    ...server,
    parts: new Map([...server.parts, ['Postgres', [postgres.child.pid]]]),
    stop: async () => {
      await server.stop()
      await stopPostgres(postgres.child)
    },
  }
}

async function fill(url: string, zones: ZoneFiles, records: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const statements = (await readFile(SCHEMA, 'utf8')).split(';').map((statement) => statement.trim())
  const [indexes, tables] = [true, false].map((isIndex) =>
    statements.filter((statement) => statement.startsWith('CREATE INDEX') === isIndex),
  )
  await client.query(tables!.join(';\n'))
  await client.query('INSERT INTO tsigkeys (name, algorithm, secret) VALUES ($1, $2, $3)', [
    KEY.name,
    'hmac-sha256',
    KEY.secret,
  ])
  const recordsOf = (zone: string, file: string) =>
    zone === WARM.zone ? WARM.records : file.includes(hostName(0)) ? records : 0
  for (const [zone, file] of zones) await insertZone(client, zone, recordsOf(zone, file))
  await client.query(
    `INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, 'TSIG-ALLOW-DNSUPDATE', $2 FROM domains WHERE name = $1`,
    [SIGNED_ZONE, KEY.name],
  )
  // sooner than by keeping them record by record, and the same
  await client.query(indexes!.join(';\n'))
  await client.query('ANALYZE')
  await client.end()
}

async function insertZone(client: Client, zone: string, records: number): Promise<void> {
  const { rows } = await client.query(`INSERT INTO domains (name, type) VALUES ($1, 'NATIVE') RETURNING id`, [
    zone,
  ])
  const insert = `INSERT INTO records (domain_id, name, type, content, ttl, prio, ordername, auth)`
  const soa = `ns1.${zone} hostmaster.${zone} 1 3600 600 604800 300`
  await client.query(
    `${insert} SELECT $1, name, type, content, 300, 0, ordername, true FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS r (name, type, content, ordername)`,
    [
      rows[0].id,
      [zone, zone, `ns1.${zone}`],
      ['SOA', 'NS', 'A'],
      [soa, `ns1.${zone}`, '127.0.0.1'],
      ['', '', 'ns1'],
    ],
  )
  // hostName() and addressOf() of bench/zone-file.ts
  await client.query(
    `${insert} SELECT $1, host || '.' || $2, 'A', concat_ws('.', 10, (n >> 16) & 255, (n >> 8) & 255, n & 255), 300, 0, host, true
     FROM (SELECT n, 'r' || lpad(n::text, 7, '0') AS host FROM generate_series(0, $3::integer - 1) AS n) AS hosts`,
    [rows[0].id, zone, records],
  )
}
