import type { Preview } from '../services/zone-writer/admin/contents/preview.ts'
import { type Call, CliError, type Option } from './command.ts'
import type { Terminal } from './terminal.ts'

/** Options of commands that show what they would change before they change it. */
export const PREVIEW_OPTIONS = {
  'dry-run': { type: 'boolean', what: 'show what would be changed, and change nothing' },
  yes: { type: 'boolean', what: 'do it without showing it first and asking' },
} as const satisfies Record<string, Option>

/** What the API says of a change, made or only thought of. */
export interface PutBack {
  readonly dryRun: boolean
  readonly basedOn: number
  readonly removed: number
  readonly added: number
  readonly serialBefore: number
  readonly serial: number
  readonly difference: Preview
}

export interface Changing<T extends PutBack> {
  /** Where the request is posted, and what it asks for. */
  readonly path: string
  readonly body: object
  /** Words the request so that nothing of it can mean something else when it is repeated. */
  readonly pinned: (preview: T) => object
  /** What else there is to be shown before the question, and after the change. */
  readonly remarks: (result: T) => string[]
  readonly done: (result: T) => string
}

/** For a zone of a million records. */
const TIMEOUT_MS = 60 * 60_000

/** Shows what would be changed and asks; `--yes` does it at once, `--dry-run` shows it only. What was shown is what is done, or nothing. */
export async function showAndChange<T extends PutBack>(call: Call, changing: Changing<T>): Promise<void> {
  const { options, terminal, json, exitWith } = call
  const [dryRun, yes] = [options.has('dry-run'), options.has('yes')]
  if (dryRun && yes) throw new CliError('--dry-run and --yes: give one of them', 2)
  if (!dryRun && !yes && (json || !terminal.canAsk))
    throw new CliError(
      'Nothing was changed: there is nobody to ask. --dry-run shows what would be changed, --yes changes it.',
      2,
    )
  const post = (more: object) => call.api.post<T>(changing.path, { ...changing.body, ...more }, TIMEOUT_MS)
  if (yes) return report(call, changing, await post({}))
  const preview = await post({ dryRun: true })
  if (json) return terminal.json(preview)
  showPreview(terminal, changing, preview)
  if (dryRun || preview.serial === preview.serialBefore) return
  if (await terminal.asksFor('Change the zone so?')) {
    report(call, changing, await post({ ...changing.pinned(preview), ifSeq: preview.basedOn }))
    return
  }
  terminal.note('Nothing was changed.')
  exitWith(1)
}

function report<T extends PutBack>({ json, terminal }: Call, changing: Changing<T>, result: T): void {
  if (json) {
    terminal.json(result)
    return
  }
  for (const remark of changing.remarks(result)) terminal.line(remark)
  terminal.line(changing.done(result))
}

function showPreview<T extends PutBack>(terminal: Terminal, { remarks }: Changing<T>, preview: T): void {
  const { difference, removed, added, serialBefore, serial } = preview
  for (const line of difference.removed) terminal.line(terminal.colour('red', `del ${line}`))
  for (const line of difference.added) terminal.line(terminal.colour('green', `add ${line}`))
  if (difference.cut) terminal.line('… and more')
  for (const remark of remarks(preview)) terminal.line(remark)
  terminal.line(
    serial === serialBefore
      ? 'There is nothing to change.'
      : `${removed} records would be removed, ${added} added, serial ${serialBefore} → ${serial}`,
  )
}
