import type { CallOptions, Option } from './command.ts'
import type { Terminal } from './terminal.ts'

/** Of every command that changes something by one request. */
export const DRY_RUN_OPTION = {
  'dry-run': { type: 'boolean', what: 'only say what would be done' },
} as const satisfies Record<string, Option>

/** For the body of the request. */
export function dryRunFrom(options: CallOptions): { dryRun?: true } {
  return options.has('dry-run') ? { dryRun: true } : {}
}

/** Before what is said of a change as if it were made. */
export function noteDryRun(terminal: Terminal, { dryRun }: { readonly dryRun?: true }): void {
  if (dryRun) terminal.note('dry run: nothing was changed; done in earnest it would say:')
}
