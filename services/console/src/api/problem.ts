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
  const text = await response.text()
  try {
    const body = JSON.parse(text) as Problem
    if (typeof body.detail === 'string') return body
  } catch {
    // not one of ours: a proxy's page
  }
  const detail = `The server answered ${response.status} ${response.statusText}; try again, or look at the writer's log.`
  return { status: response.status, code: 'unexpected-answer', detail }
}

export const UNREACHABLE: Problem = {
  status: 0,
  code: 'unreachable',
  detail: 'The server cannot be reached. Nothing is lost: try again when it is back.',
}
