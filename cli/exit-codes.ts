/** What a command's status says to a script; the one table, which `zonelog --help` and docs/reference/commands.md print. */
export const EXIT = {
  done: { status: 0, what: 'done' },
  no: {
    status: 1,
    what: 'it failed, or the answer is no: `verify` found a fault, `compare` a difference, a file cannot be read',
  },
  usage: { status: 2, what: 'it was not typed as it must be; nothing was tried' },
  notFound: { status: 3, what: 'there is no such zone, key or event' },
  refused: {
    status: 4,
    what: 'refused as it was given, or in conflict with what is there; nothing was changed',
  },
  notAllowed: { status: 5, what: 'no API token, a wrong one, or one that may not do this' },
  unreachable: {
    status: 6,
    what: 'the admin API or another server cannot be reached, is not ready, or gave no answer in time; try again',
  },
} as const

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]['status']

/** The status for an answer of the admin API that is not a success. */
export function exitStatusOf(httpStatus: number): ExitStatus {
  if (httpStatus === 401 || httpStatus === 403) return EXIT.notAllowed.status
  if (httpStatus === 404) return EXIT.notFound.status
  if (httpStatus === 429 || httpStatus === 503 || httpStatus === 504) return EXIT.unreachable.status
  return httpStatus >= 400 && httpStatus < 500 ? EXIT.refused.status : EXIT.no.status
}
