import type { Problem } from '../services/zone-writer/api/problem.ts'
import { type Call, CliError } from './command.ts'
import { exitStatusOf } from './exit-codes.ts'
import { Progress } from './progress.ts'

interface Step {
  readonly seq: number
  readonly of: number
}

/**
 * What something long at the API ends with; on a terminal a line says meanwhile how far it is. A problem that came half-way is an error
 * like one that came at once.
 */
export async function followSteps<T extends object>(
  { api, terminal }: Pick<Call, 'api' | 'terminal'>,
  path: string,
  body: object,
): Promise<T> {
  const progress = new Progress(terminal.live)
  let result: T | undefined
  try {
    for await (const step of api.lines<Step | T | { problem: Problem }>(path, {}, body)) {
      if ('problem' in step) throw new CliError(describe(step.problem), exitStatusOf(step.problem.status))
      if (!isStep(step)) result = step as T
      else
        progress.update(
          () => ({ records: step.seq, part: step.of === 0 ? undefined : Math.min(1, step.seq / step.of) }),
          'events',
        )
    }
  } finally {
    progress.clear()
  }
  if (result === undefined) throw new CliError('The writer ended before this was done; its log says why.')
  return result
}

function isStep(step: object): step is Step {
  return 'of' in step && Object.keys(step).length === 2
}

function describe({ detail, errors = [] }: Problem): string {
  return [detail, ...errors.map(({ message }) => message)].join('\n  ')
}
