import { readFile } from 'node:fs/promises'
import type {
  Verification,
  VerificationProgress,
} from '../../services/zone-writer/history/verify/verify-zone.ts'
import { zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { DELETED_OPTION, zoneMeant } from '../deleted.ts'
import { linesOfFile } from '../history-file.ts'
import { Progress } from '../progress.ts'
import type { Terminal } from '../terminal.ts'

export const verify: Command = {
  words: 'verify',
  summary: 'Verify zones against their histories, or an exported history with nothing but its public key',
  takes: ['[ZONE]'],
  options: {
    ...DELETED_OPTION,
    file: { type: 'string', value: 'EXPORT', what: 'a file of `history export`; needs no zonelog to run' },
    'public-key': {
      type: 'string',
      value: 'KEY',
      what: 'believe checkpoints of this key: ed25519:…, or a file with it',
    },
    checkpoints: {
      type: 'string',
      value: 'FILE',
      what: 'believe these checkpoints too: lines of JSON, kept elsewhere',
    },
    'print-key': { type: 'boolean', what: 'print the public key of the checkpoints, to be kept elsewhere' },
  },
  examples: [
    'zonelog verify',
    'zonelog verify example.com --checkpoints kept.jsonl --public-key kept.pub',
    'zonelog verify --print-key > kept.pub',
    'zonelog verify --file example.com.jsonl.gz --public-key kept.pub',
  ],
  run: async (call) => {
    const { options, api, json, terminal, args } = call
    if (options.list('print-key').length > 0) {
      const { publicKey } = await api.get<{ publicKey: string }>('/checkpoint-key')
      return json ? terminal.json({ publicKey }) : terminal.line(publicKey)
    }
    const file = options.text('file')
    if (file !== undefined) return report(call, await offline(call, file))
    const body = {
      ...(await keyOf(call).then((publicKey) => (publicKey === undefined ? {} : { publicKey }))),
      ...(await checkpointsOf(call)),
    }
    const zones = args[0] === undefined ? await allZones(call) : [await zoneMeant(call)]
    for (const zone of zones) report(call, await online(call, zone, body))
    if (zones.length === 0) terminal.note('There are no zones yet.')
  },
}

async function online({ api, terminal }: Call, zone: string, body: object): Promise<Verification> {
  const progress = new Progress(terminal.live)
  let result: Verification | undefined
  for await (const step of api.lines<VerificationProgress | Verification>(
    zonePath(zone, '/verify'),
    {},
    body,
  )) {
    if ('schema' in step) result = step
    else
      progress.update(
        () => ({ records: step.seq, part: step.of === 0 ? undefined : step.seq / step.of }),
        'events',
      )
  }
  progress.clear()
  if (result === undefined)
    throw new CliError(`The writer ended before ${zone} was verified; its log says why.`)
  return result
}

/** Loads what verifies only here: the other commands need none of it. */
async function offline(call: Call, file: string): Promise<Verification> {
  const publicKey = await keyOf(call)
  if (publicKey === undefined)
    throw new CliError('--file needs --public-key: a key from the file itself would prove nothing', 2)
  const { verifyFile } = await import('../../services/zone-writer/history/verify/verify-file.ts')
  const progress = new Progress(call.terminal.live)
  try {
    return await verifyFile(linesOfFile(file), publicKey, ({ seq }) =>
      progress.update(() => ({ records: seq, part: undefined }), 'events'),
    )
  } catch (error) {
    throw new CliError(`${file} cannot be verified: ${(error as Error).message}`)
  } finally {
    progress.clear()
  }
}

function report({ terminal, json, exitWith }: Call, found: Verification): void {
  if (!found.ok) exitWith(1)
  if (json) terminal.json(found)
  else
    for (const line of found.ok ? goodLines(terminal, found) : badLines(terminal, found)) terminal.line(line)
}

function goodLines(terminal: Terminal, found: Verification): string[] {
  const { zone, events, redecided, takenAsRecorded, rrsets, checkpoints, lastCheckpoint, seq, hash } = found
  const stored = rrsets === 0 ? '' : `, ${rrsets} RRsets are what they add up to`
  const testified =
    checkpoints === 0
      ? 'no signed checkpoint testifies to any of it'
      : `${checkpoints} signed checkpoints, the last at event ${lastCheckpoint}`
  return [
    `${terminal.colour('green', 'ok')}  ${zone}  ${events} events are whole${stored}`,
    `    ${redecided} updates decided again with the same outcome, ${takenAsRecorded} refusals taken as recorded`,
    ...beginningLines(found),
    `    ${testified}; the chain ends at event ${seq} with ${hash}`,
  ]
}

/** Where a history begins that was compacted, and what proves it. */
function beginningLines({ begins, lastCheckpoint }: Verification): string[] {
  if (begins === undefined) return []
  const { seq, serial, time, hash, vouchedBy } = begins
  const isProven = vouchedBy !== undefined && lastCheckpoint >= vouchedBy
  return [
    `    it begins with a snapshot of event ${seq}, serial ${serial}, ${time}, with ${hash}`,
    `    event ${vouchedBy} testifies to the snapshot, ${isProven ? `and the checkpoint at event ${lastCheckpoint} to that` : 'no checkpoint testifies to that yet'}`,
  ]
}

export function badLines(terminal: Terminal, { zone, faults }: Verification): string[] {
  return [
    `${terminal.colour('red', 'NOT WHOLE')}  ${zone}`,
    ...faults.map(
      ({ seq, field, message }) => `    ${seq === undefined ? '' : `event ${seq}, `}${field}: ${message}`,
    ),
  ]
}

/** The key itself, or that in a file. */
export async function keyOf({ options }: Pick<Call, 'options'>): Promise<string | undefined> {
  const given = options.text('public-key')
  if (given === undefined || given.startsWith('ed25519:')) return given
  const text = await readFile(given, 'utf8').catch((error: Error) => {
    throw new CliError(`--public-key ${given}: ${error.message}`)
  })
  return text.trim()
}

async function checkpointsOf({ options }: Call): Promise<{ checkpoints?: unknown[] }> {
  const file = options.text('checkpoints')
  if (file === undefined) return {}
  try {
    const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.trim() !== '')
    return { checkpoints: lines.map((line) => JSON.parse(line)) }
  } catch (error) {
    throw new CliError(`--checkpoints ${file}: ${(error as Error).message}`)
  }
}

async function allZones({ api }: Call): Promise<string[]> {
  const names: string[] = []
  for (let after: string | undefined, more = true; more; ) {
    const page: { zones: { name: string }[]; next?: string } = await api.get('/zones', {
      limit: 1_000,
      after,
    })
    names.push(...page.zones.map(({ name }) => name))
    after = page.next
    more = after !== undefined
  }
  return names
}
