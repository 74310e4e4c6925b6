import { writeFile } from 'node:fs/promises'
import { recordAlarm } from '../../../services/zone-writer/history/background/alarm-event.ts'
import { endLine, eventExportLine, headLine } from '../../../services/zone-writer/history/export-file.ts'
import { createClientKey } from '../../support/client-system.ts'
import { historyOf } from '../../support/history.ts'
import { nsupdate } from '../../support/nsupdate.ts'
import { APEX } from '../../support/spec.ts'
import { TestSystem } from '../../support/system.ts'
import { randomHistory } from '../random-history.ts'

// `node test/history/corpus/make.ts FILE`: a history with events of every kind, from a real run. Run once for each version of the canonical
// form; a file that is committed stays as it is, for it shows that old events stay readable.

const FILE =
  '$TTL 300\n@ SOA ns1 host 5 3600 600 86400 60\n@ NS ns1\nns1 A 192.0.2.1\nwww AAAA 2001:db8::1\n*.wild TXT "any"\n'

const { system, api, edge } = await TestSystem.start()
try {
  const key = await createClientKey(api, 'corpus')
  const { id } = await api.createZone('example.com', { file: FILE, allowUpdate: ['127.0.0.0/8', 'corpus'] })
  const server = { host: '127.0.0.1', port: edge.port }
  await nsupdate(server, 'update add signed.example.com 60 A 192.0.2.7', '-k', key.file)
  await nsupdate(server, 'update add signed.example.com 60 A 192.0.2.7', '-k', key.file)
  await nsupdate(server, 'update add Unsigned.example.com 60 TXT "Mixed Case"')
  await nsupdate(server, 'prereq nxdomain www.example.com\nupdate add www.example.com 60 A 192.0.2.8')
  await nsupdate(server, 'update add elsewhere.example.net 60 A 192.0.2.8')
  await randomHistory(system, id, 120, 1)
  await api.fetch('/v1/zones/example.com', {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ settings: { serialPolicy: 'unixtime', maxRecords: 12 } }),
  })
  await randomHistory(system, id, 40, 2)
  await api.fetch('/v1/zones/example.com/contents', {
    method: 'PUT',
    headers: { 'content-type': 'text/dns' },
    body: `${FILE}imported MX 10 mail\n`,
  })
  await recordAlarm(system.db, {
    zoneId: id,
    reason: 'edge',
    detail: 'an alarm',
    writerId: 'w',
    now: Date.now(),
  })
  await api.fetch('/v1/zones/example.com', { method: 'DELETE' })
  const events = await historyOf(system, id)
  const lines = [headLine(APEX, id, ''), ...events.map(eventExportLine), endLine(events.length)]
  await writeFile(process.argv[2]!, `${lines.join('\n')}\n`)
  const counts = Map.groupBy(events, ({ kind, reason }) => `${kind} ${reason}`)
  console.log([...counts].map(([what, some]) => `${what}: ${some.length}`).join('\n'))
  console.log(events.at(-1)!.serialAfter, Buffer.from(events.at(-1)!.hash).toString('hex'))
} finally {
  await system.close()
}
process.exit(0)
