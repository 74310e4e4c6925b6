import type { CreatedZone } from '../../services/zone-writer/admin/create-zone.ts'
import type { RebuildReport } from '../../services/zone-writer/history/rebuild/report.ts'
import { typeToText } from '../../shared/dns/codes.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import { followSteps } from '../steps.ts'
import type { Terminal } from '../terminal.ts'

const WORDS = {
  missing: 'is missing',
  'too-many': 'is stored, history has no such RRset',
  owner: 'its owner is written otherwise',
  ttl: 'its TTL differs',
  rdata: 'its RDATA differs',
} as const

export const rebuild: Command = {
  words: 'rebuild',
  summary:
    'Rebuild a zone from nothing but its events: compare, put right what is stored, or make a new zone',
  takes: ['[ZONE]'],
  options: {
    replace: { type: 'boolean', what: 'put what is stored back to what the events say; the history stays' },
    file: {
      type: 'string',
      value: 'EXPORT',
      multiple: true,
      what: 'with --into: from a file of `history export` instead, ZONE is left out; with --from-stream: events that the stream lacks',
    },
    'from-stream': {
      type: 'boolean',
      what: 'fill an empty database with all zones, from the events that NATS holds; no writer may run',
    },
    incomplete: { type: 'boolean', what: 'with --from-stream: leave out zones that lack events' },
    'public-key': {
      type: 'string',
      value: 'KEY',
      what: 'with --file or --from-stream: believe checkpoints of this key',
    },
    into: {
      type: 'string',
      value: 'NEW',
      what: 'make a new zone NEW; of a deleted zone too, which brings it back',
    },
    ...DELETED_OPTION,
  },
  examples: [
    'zonelog rebuild example.com',
    'zonelog rebuild example.com --replace',
    'zonelog rebuild example.com --deleted --into example.com',
    'zonelog rebuild example.com@17 --into restored.example.com',
    'zonelog rebuild --file example.com.jsonl.gz --into example.com',
    'zonelog rebuild --from-stream --public-key kept.pub --file example.com.jsonl.gz',
  ],
  run: async (call) => {
    const { options } = call
    if (options.has('from-stream')) return await allFromStream(call)
    const into = options.text('into')
    const replace = options.has('replace')
    if (replace && into !== undefined) throw new CliError('--replace and --into: give one of them', 2)
    const [file, ...others] = options.list('file')
    if (others.length > 0) throw new CliError('--into makes a zone of one --file', 2)
    if (file !== undefined) return created(call, await fromFile(call, file, into))
    if (call.args[0] === undefined) throw new CliError('ZONE is missing\nSee `zonelog rebuild --help`.', 2)
    const path = zonePath(await zoneMeant(call), '/rebuild')
    if (into !== undefined) return created(call, await followSteps<CreatedZone>(call, path, { into }))
    reported(call, await followSteps<RebuildReport>(call, path, { replace }), replace)
  },
}

async function fromFile(call: Call, file: string, into: string | undefined): Promise<CreatedZone> {
  if (into === undefined || call.args[0] !== undefined || call.options.has('replace'))
    throw new CliError('--file goes with --into NEW, and takes neither ZONE nor --replace', 2)
  const { rebuildFromFile } = await import('../rebuild-from-file.ts')
  return await rebuildFromFile(call, file, into)
}

async function allFromStream(call: Call): Promise<void> {
  const { args, options } = call
  if (args[0] !== undefined || options.has('replace') || options.text('into') !== undefined)
    throw new CliError(
      '--from-stream takes neither ZONE nor --replace nor --into: it fills an empty database',
      2,
    )
  const { runFromStream } = await import('../rebuild-from-stream.ts')
  await runFromStream(call)
}

function created({ json, terminal }: Call, zone: CreatedZone): void {
  if (json) {
    terminal.json(zone)
    return
  }
  terminal.line(`zone ${zone.name} created: serial ${zone.serial}, ${zone.records} records`)
  terminal.note(
    'Owners are those of the history below the new name, RDATA is octet for octet as it was. Rules, settings and transfers are no history: nobody may update the zone before `zonelog rule add`.',
  )
  for (const warning of zone.warnings) terminal.note(`warning: ${warning}`)
}

function reported({ json, terminal, exitWith }: Call, found: RebuildReport, replace: boolean): void {
  const isRight = found.same || found.putRightBy !== undefined
  if (!isRight) exitWith(1)
  if (json) terminal.json(found)
  else describeReport(terminal, found, replace)
}

function describeReport(terminal: Terminal, found: RebuildReport, replace: boolean): void {
  const { zone, seq, serial, rrsets, putRightBy, isHistoryWhole } = found
  for (const line of differences(found)) terminal.line(line)
  if (found.same)
    terminal.line(`${zone} is what its ${seq} events add up to: serial ${serial}, ${rrsets} RRsets`)
  else if (putRightBy !== undefined)
    terminal.line(`${zone} was put right; event ${putRightBy} says so, and edges fetch the zone anew`)
  else if (!isHistoryWhole)
    terminal.note(
      `Nothing was changed: the history of ${zone} is not whole. \`zonelog verify ${zone}\` says more; restore it from a backup or an export.`,
    )
  else if (!replace)
    terminal.note(`Nothing was changed: \`zonelog rebuild ${zone} --replace\` puts it right.`)
  else
    terminal.note(
      `Nothing was changed: the history of ${zone} ends with its deletion, and its row does not say so. Restore the row from a backup, or make a new zone of its last contents: \`zonelog rebuild ${zone} --into NEW\`.`,
    )
}

function differences({ differing, differences: first, faults }: RebuildReport): string[] {
  const lines = [
    ...faults.map(
      ({ seq, field, message }) => `${seq === undefined ? '' : `event ${seq}, `}${field}: ${message}`,
    ),
    ...first.map(({ owner, type, differs }) => `${owner} ${typeToText(type)}: ${WORDS[differs]}`),
  ]
  return differing > first.length ? [...lines, `and ${differing - first.length} more RRsets`] : lines
}
