import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { CreatedZone } from '../../services/zone-writer/admin/create-zone.ts'
import { CliError, type Command } from '../command.ts'

const IMPORT_TIMEOUT_MS = 10 * 60_000

export const zoneCreate: Command = {
  words: 'zone create',
  summary: 'Create a zone, from a zone file or with default contents',
  takes: ['NAME'],
  options: {
    file: {
      type: 'string',
      value: 'ZONEFILE',
      what: 'the contents, - reads standard input; without it an SOA, one name server ns1 and 127.0.0.1 as its address',
    },
    'allow-update': {
      type: 'string',
      multiple: true,
      value: 'CIDR|KEY',
      what: 'who may update the zone: a TSIG key, or addresses for unsigned updates',
    },
  },
  examples: [
    'zonelog zone create example.com --allow-update demo',
    'zonelog zone create example.com --file db.example.com --allow-update demo --allow-update 10.0.0.0/8',
  ],
  run: async ({ args, options, api, terminal, json }) => {
    const file = options.text('file')
    const body = {
      name: args[0],
      ...(file === undefined ? {} : { file: await zoneFile(file) }),
      allowUpdate: options.list('allow-update'),
    }
    const zone = await api.post<CreatedZone>('/zones', body, IMPORT_TIMEOUT_MS)
    if (json) return terminal.json(zone)
    terminal.line(`zone ${zone.name} created: serial ${zone.serial}, ${zone.records} records`)
    for (const rule of zone.rules) terminal.line(`  ${rule}`)
    for (const warning of zone.warnings) terminal.note(`warning: ${warning}`)
    if (zone.rules.length === 0) terminal.note('Nobody may update it: no --allow-update was given.')
  },
}

async function zoneFile(path: string): Promise<string> {
  if (path === '-') return await text(process.stdin)
  const octets = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(`the zone file ${path} cannot be read (${error.code})`)
  })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    throw new CliError(`the zone file ${path} is not UTF-8; write octets beyond ASCII as \\DDD`)
  }
}
