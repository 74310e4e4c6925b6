import type { CreatedZone } from '../../services/zone-writer/admin/create-zone.ts'
import type { TransferSettings } from '../../shared/transfers/transfer-settings.ts'
import { zonePath } from '../api-client.ts'
import { CliError, type Command } from '../command.ts'
import { TRANSFER_OPTIONS, transfersFrom } from '../transfer-options.ts'
import { uploadZoneFile } from '../zone-file/upload.ts'

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
    ...TRANSFER_OPTIONS,
    catalog: {
      type: 'boolean',
      what: 'make a catalog zone (RFC 9432): secondaries that take it serve every zone that it lists',
    },
  },
  examples: [
    'zonelog zone create example.com --allow-update demo',
    'zonelog zone create example.com --file db.example.com --allow-update demo --allow-update 10.0.0.0/8',
    'zonelog zone create catalog.example --catalog --allow-transfer xfr --notify xfr+192.0.2.53',
    'zonelog zone create example.com --allow-transfer xfr --notify xfr+192.0.2.53',
  ],
  run: async (call) => {
    const { args, options, api, terminal, json } = call
    const name = args[0]!
    const file = options.text('file')
    const allowUpdate = options.list('allow-update')
    const transfers = transfersFrom(options)
    const isCatalog = options.list('catalog').length > 0
    if (isCatalog && file !== undefined)
      throw new CliError('A catalog zone is kept by zonelog itself: it takes no zone file.', 2)
    const zone =
      file === undefined
        ? await api.post<CreatedZone>('/zones', { name, allowUpdate, ...transfers, isCatalog })
        : await uploadZoneFile<CreatedZone>(
            call,
            file,
            name,
            withSettings(name, { allowUpdate, ...transfers }),
          )
    if (json) return terminal.json(zone)
    terminal.line(`zone ${zone.name} created: serial ${zone.serial}, ${zone.records} records`)
    for (const rule of zone.rules) terminal.line(`  ${rule}`)
    for (const warning of zone.warnings) terminal.note(`warning: ${warning}`)
    if (zone.rules.length === 0 && !isCatalog)
      terminal.note('Nobody may update it: no --allow-update was given.')
  },
}

function withSettings(
  name: string,
  settings: Partial<TransferSettings> & { allowUpdate: readonly string[] },
): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(settings))
    for (const one of [value].flat()) query.append(key, one)
  return query.size === 0 ? zonePath(name) : `${zonePath(name)}?${query}`
}
