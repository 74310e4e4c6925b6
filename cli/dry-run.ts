import type { Tried } from '../services/zone-writer/admin/dry-run.ts'
import { queryText } from './api-client.ts'
import { type Call, type CallOptions, CliError, type Option } from './command.ts'
import type { Terminal } from './terminal.ts'

/** Of every command that changes something by one request. */
export const DRY_RUN_OPTION = {
  'dry-run': { type: 'boolean', what: 'only say what would be done' },
} as const satisfies Record<string, Option>

/** For the body of the request. */
export function dryRunFrom(options: CallOptions): { dryRun?: true } {
  return options.has('dry-run') ? { dryRun: true } : {}
}

/**
 * For the address of a request, where writers of earlier releases pass over what they do not know and do what is asked: the writer is asked
 * first whether this operation can be tried. Throws where it cannot.
 */
export async function dryRunInAddress(
  { api, options }: Pick<Call, 'api' | 'options'>,
  operationId: string,
): Promise<{ dryRun?: true }> {
  const dryRun = dryRunFrom(options)
  if (dryRun.dryRun && !(await api.takes(operationId, 'dryRun')))
    throw new CliError(
      'Nothing was changed: the writer is of an earlier release, which knows no dry run of this. Upgrade it first.',
    )
  return dryRun
}

/** What was answered; throws where a dry run was asked for and another writer than the one that was asked before, of an earlier release, did it. */
export function asTried<T extends object>(options: CallOptions, answered: Tried<T>): Tried<T> {
  if (!options.has('dry-run') || answered.dryRun) return answered
  throw new CliError(
    `THIS WAS DONE, not tried: the writer that answered is of an earlier release, which knows no dry run. It said: ${JSON.stringify(answered)}`,
  )
}

/** Deletes what is at `path`, or tries to. */
export async function deleteOrTry<T extends object>(
  call: Pick<Call, 'api' | 'options'>,
  operationId: string,
  path: string,
  query: Readonly<Record<string, number | boolean | undefined>> = {},
): Promise<Tried<T>> {
  const dryRun = await dryRunInAddress(call, operationId)
  return asTried(call.options, await call.api.delete<Tried<T>>(path + queryText({ ...query, ...dryRun })))
}

/** Before what is said of a change as if it were made. */
export function noteDryRun(terminal: Terminal, { dryRun }: { readonly dryRun?: true }): void {
  if (dryRun) terminal.note('dry run: nothing was changed; done in earnest it would say:')
}
