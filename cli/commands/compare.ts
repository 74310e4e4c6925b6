import { typeFromText } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import { ZoneFileStream } from '../../shared/dns/zone-file-stream.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { transferZone } from '../moving/axfr.ts'
import { type Difference, ZoneCopy } from '../moving/differences.ts'
import { KEY_OPTION, type Primary, primaryNamed } from '../moving/primary.ts'
import { Progress } from '../progress.ts'
import { originOf } from '../zone-file/upload.ts'

/** What a signer puts into a zone by itself. */
const OF_SIGNERS = ['RRSIG', 'NSEC', 'NSEC3', 'NSEC3PARAM', 'DNSKEY', 'CDS', 'CDNSKEY', 'TYPE65534']

export const compare: Command = {
  words: 'compare',
  summary: 'Compare a zone with what another server has of it: before the switch, and after',
  takes: ['ZONE'],
  options: {
    with: {
      type: 'string',
      value: 'SERVER[:PORT]',
      what: 'the other server; it is asked for a transfer (AXFR)',
    },
    ...KEY_OPTION,
    'ignore-dnssec': {
      type: 'boolean',
      what: 'leave out what a signer adds: RRSIG, NSEC, NSEC3, NSEC3PARAM, DNSKEY, CDS, CDNSKEY',
    },
  },
  examples: [
    'zonelog compare example.com --with ns1.example.net --key transfer.key',
    'zonelog compare example.com --with 192.0.2.53:5353 --json',
    'zonelog compare example.com --with 127.0.0.1 --ignore-dnssec && echo the same',
  ],
  run: async (call) => {
    const { args, options, json, terminal, exitWith } = call
    const given = options.text('with')
    if (given === undefined) throw new CliError('--with SERVER[:PORT] is missing: what to compare with', 2)
    const primary = await primaryNamed(given, options.text('key'))
    const zone = originOf(args[0]!)
    const ignored = new Set(options.has('ignore-dnssec') ? OF_SIGNERS.map((type) => typeFromText(type)!) : [])
    const here = await ownCopy(call, zone, ignored)
    const there = await copyOf(call, primary, zone, ignored)
    const differences = here.differences(there, (type) => typeFromText(type)!)
    const same = differences.length === 0
    if (!same) exitWith(EXIT.no.status)
    const serials = { serialHere: here.serial, serialThere: there.serial }
    if (json)
      return terminal.json({ zone, with: primary.text, same, ...serials, records: here.count, differences })
    print(call, differences)
    const counts = `serial ${here.serial} here, ${there.serial} at ${primary.text}`
    terminal.line(
      same
        ? `${terminal.colour('green', 'same')}  ${zone}  ${here.count} records are equal; ${counts}`
        : `${terminal.colour('red', 'DIFFERENT')}  ${zone}  ${differences.length} differences; ${counts}`,
    )
  },
}

function print({ terminal }: Call, differences: readonly Difference[]): void {
  if (differences.length > 0)
    terminal.line(terminal.colour('dim', '< here only   > there only   ~ another TTL'))
  const signs = { here: ['<', 'green'], there: ['>', 'red'], ttl: ['~', 'yellow'] } as const
  for (const { name, type, kind, text } of differences) {
    const [sign, colour] = signs[kind]
    terminal.line(terminal.colour(colour, `${sign} ${name} ${type} ${kind === 'ttl' ? `TTL ${text}` : text}`))
  }
}

/** Through the API, as the zone is after every update that was accepted until now. */
async function ownCopy({ api, terminal }: Call, zone: Name, ignored: ReadonlySet<number>): Promise<ZoneCopy> {
  const copy = new ZoneCopy()
  const progress = new Progress(terminal.live)
  const stream = new ZoneFileStream({ origin: zone })
  for await (const batch of stream.read(api.text(zonePath(zone, '/export')))) {
    for (const { record } of batch) if (!ignored.has(record.type)) copy.add(record)
    progress.update(() => ({ records: copy.count, part: undefined }), 'records here')
  }
  progress.clear()
  const [fault] = stream.errors
  if (fault !== undefined) throw new CliError(`The export of ${zone} cannot be read: ${fault.message}`)
  return copy
}

async function copyOf(
  { terminal }: Call,
  primary: Primary,
  zone: Name,
  ignored: ReadonlySet<number>,
): Promise<ZoneCopy> {
  const copy = new ZoneCopy()
  const progress = new Progress(terminal.live)
  try {
    for await (const batch of transferZone(primary, zone)) {
      for (const record of batch) if (!ignored.has(record.type)) copy.add(record)
      progress.update(() => ({ records: copy.count, part: undefined }), 'records there')
    }
  } finally {
    progress.clear()
  }
  return copy
}
