import { basename } from 'node:path'
import type { CompactionPlan, NothingToCompact } from '../../services/zone-writer/admin/compact-plan.ts'
import type { Compacted } from '../../services/zone-writer/admin/compact-zone.ts'
import { queryText, zonePath } from '../api-client.ts'
import { type Call, CliError, type Command } from '../command.ts'
import { linesOfFile, writeHistoryFile } from '../history-file.ts'
import { Progress } from '../progress.ts'
import { followSteps } from '../steps.ts'
import { atTime } from '../time.ts'
import { badLines } from './verify.ts'

export const compact: Command = {
  words: 'compact',
  summary:
    'Replace old events of a zone by a snapshot, after they were exported to a file and verified there',
  takes: ['ZONE'],
  options: {
    keep: { type: 'string', value: 'T', what: 'how long events are kept, such as 400d; at least 1d' },
    export: {
      type: 'string',
      value: 'FILE',
      what: 'the new file to export to; by default it is named for the zone and lies here',
    },
    'dry-run': { type: 'boolean', what: 'say what would be replaced, and do nothing' },
  },
  examples: [
    'zonelog compact example.com --keep 400d --dry-run',
    'zonelog compact example.com --keep 400d --export /archive/example.com-2026.jsonl.gz',
  ],
  run: async (call) => {
    const { args, options, api, json, terminal } = call
    const keep = options.text('keep')
    if (keep === undefined)
      throw new CliError('--keep is missing: how long events are to be kept, such as 400d', 2)
    const path = zonePath(args[0]!, '/compaction')
    const plan = await api.get<CompactionPlan | NothingToCompact>(path + queryText({ keep }))
    if (!('upTo' in plan))
      return json
        ? terminal.json(plan)
        : terminal.line(`${plan.zone}: no event is older than ${keep}, nothing to do`)
    if (options.has('dry-run')) return json ? terminal.json(plan) : terminal.line(planned(plan))
    const file = options.text('export') ?? defaultFile(plan)
    const { sha256 } = await writeHistoryFile(call, args[0]!, file)
    await verifyWritten(call, file, plan)
    const { upTo, hash } = plan
    const exported = `events from ${plan.from} to ${upTo} are in ${printable(basename(file))} (SHA-256 ${sha256})`
    const done = await followSteps<Compacted>(call, path, { upTo, hash, exported })
    if (json) return terminal.json({ ...done, file, sha256 })
    terminal.line(
      `${done.zone}: ${plan.events} events up to ${upTo} are in ${file}; a snapshot with serial ${done.serial} stands for them, event ${done.seq} testifies to it`,
    )
  },
}

function planned({ zone, from, upTo, events, octets, serial, time }: CompactionPlan): string {
  const size = (octets / (1 << 20)).toFixed(1)
  return `${zone}: events ${from} to ${upTo} (${events}, ${size} MiB, the last of ${atTime(time)} UTC) would be replaced by a snapshot with serial ${serial}`
}

/** A zone's name may have any octet; a file's name here has only those that mean nothing to a shell or a file system. */
export function defaultFile({ zone, upTo }: Pick<CompactionPlan, 'zone' | 'upTo'>): string {
  const name = zone.replace(/\.$/, '').replaceAll(/[^A-Za-z0-9._-]/g, '_')
  return `./${name === '' ? 'root' : name}-events-to-${upTo}.jsonl.gz`
}

/** Nothing may be deleted that cannot be read again, and is not in the file. */
async function verifyWritten({ api, terminal }: Call, file: string, plan: CompactionPlan): Promise<void> {
  const { believed } = await api.get<{ believed: string }>('/checkpoint-key')
  const { verifyFile } = await import('../../services/zone-writer/history/verify/verify-file.ts')
  const progress = new Progress(terminal.live)
  let from: number | undefined
  let hash: string | undefined
  const found = await verifyFile(linesOfFile(file), believed, (end) => {
    from ??= end.seq
    if (end.seq === plan.upTo) hash = Buffer.from(end.hash).toString('hex')
    progress.update(() => ({ records: end.seq, part: undefined }), 'events verified')
  }).finally(() => progress.clear())
  if (found.ok && from === plan.from && hash === plan.hash) return
  if (found.ok)
    throw new CliError(
      `Nothing was deleted: ${file} does not hold the events from ${plan.from} to ${plan.upTo} that were planned for. Begin anew with another file.`,
    )
  throw new CliError(
    [
      `Nothing was deleted: the history that was exported to ${file} is not whole.`,
      ...badLines(terminal, found),
    ].join('\n'),
  )
}

function printable(name: string): string {
  return name.replaceAll(/[^ -~]/g, '?').slice(0, 255)
}
