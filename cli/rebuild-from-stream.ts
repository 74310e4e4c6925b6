import { access } from 'node:fs/promises'
import type { StreamRebuild } from '../services/zone-writer/history/from-stream/report.ts'
import { type Call, CliError } from './command.ts'
import { keyOf } from './commands/verify.ts'
import { linesOfFile } from './history-file.ts'
import { Progress } from './progress.ts'

const NOT_RESTORED =
  'Not in NATS, and so not restored: API tokens (the first writer makes one), serial policies and limits of zones, the history of rules and keys, who used keys, refusals, and the key that signs checkpoints unless ZONELOG_CHECKPOINT_KEY_FILE has it. Now start the writers.'

/** Fills an empty database with all that NATS holds, and says what that was. */
export async function runFromStream(call: Call): Promise<void> {
  const { terminal, json, exitWith } = call
  const began = performance.now()
  const found = await filled(call)
  if (found.lacking.length > 0) exitWith(1)
  if (json) return terminal.json(found)
  const seconds = ((performance.now() - began) / 1_000).toFixed(1)
  for (const line of linesOf(found, seconds)) terminal.line(line)
  for (const note of found.notes) terminal.note(note)
  if (found.done) terminal.note(NOT_RESTORED)
}

/** Loads what reaches the servers only here: the other commands need none of it. */
async function filled(call: Call): Promise<StreamRebuild> {
  const { config, options, terminal } = call
  const { fillFromStream } = await import('../services/zone-writer/history/from-stream/drill.ts')
  const { RebuildRefused } = await import('../services/zone-writer/history/from-stream/from-stream.ts')
  const files = options.list('file')
  for (const file of files)
    await access(file).catch((error: Error) => {
      throw new CliError(`--file ${file}: ${error.message}`)
    })
  const progress = new Progress(terminal.live)
  const steps = fillFromStream(config, {
    files: files.map(linesOfFile),
    publicKey: await keyOf(call),
    leaveOutLacking: options.has('incomplete'),
    now: Date.now(),
  })
  try {
    let report: StreamRebuild | undefined
    for await (const step of steps) {
      if ('schema' in step) report = step
      else progress.update(() => ({ records: step.done, part: step.done / step.of }), step.what)
    }
    if (report !== undefined) return report
    throw new CliError('The rebuild ended without a result.')
  } catch (error) {
    if (!(error instanceof RebuildRefused)) throw error
    throw new CliError(`${error.message}\nNothing was written.`)
  } finally {
    progress.clear()
  }
}

function linesOf({ done, zones, lacking, keys, checkpoints }: StreamRebuild, seconds: string): string[] {
  const lines = lacking.map(({ zone, id, why }) => `LACKING  ${zone} (id ${id}): ${why}`)
  if (!done)
    return [
      ...lines,
      'Nothing was written. Give what is missing with --file (of `history export`), or leave these zones out with --incomplete.',
    ]
  const events = zones.reduce((sum, zone) => sum + zone.events, 0)
  const deleted = zones.filter((zone) => zone.deleted).length
  return [
    ...lines,
    `${zones.length} zones (${deleted} of them deleted) with ${events} events, ${keys} keys, ${checkpoints} checkpoints checked, in ${seconds} s`,
  ]
}
