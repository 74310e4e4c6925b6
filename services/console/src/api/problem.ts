/** RFC 9457, as the API answers errors. */
export interface Problem {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly message: string; readonly file?: string; readonly line?: number }[]
}

/** The API said no, or could not be reached (status 0). `problem` says what to do. */
export class ApiError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem
  return { status: 0, code: 'fault', detail: error instanceof Error ? error.message : String(error) }
}

/** Whether what was sent is wrong. Everything else, such as a server that cannot be reached, may be gone by the next try. */
export function isOfWhatWasTyped(problem: Problem | undefined): boolean {
  return problem?.status === 400 || problem?.status === 422
}

export async function problemOfResponse(response: Response): Promise<Problem> {
  return problemIn(response, await response.text().catch(() => ''))
}

/** What an answer that is no good says; one of a proxy may say anything. */
export function problemIn(
  { status, statusText }: { readonly status: number; readonly statusText: string },
  text: string,
): Problem {
  try {
    const body = JSON.parse(text) as Problem
    if (typeof body.detail === 'string') return body
  } catch {
    // not one of ours: a proxy's page
  }
  const detail = `The server answered ${status} ${statusText}; try again, or look at the writer's log.`
  return { status, code: 'unexpected-answer', detail }
}

export const UNREACHABLE: Problem = {
  status: 0,
  code: 'unreachable',
  detail: 'The server cannot be reached. Nothing is lost: try again when it is back.',
}

/** An answer of many lines that ended in their midst. */
export const BROKEN_OFF: Problem = {
  status: 0,
  code: 'broken-off',
  detail: 'The connection broke before all of the answer was here: what is shown is a part of it. Try again.',
}
