import type { FloodReport } from './flood.ts'

/** Half as much again as was ever seen with the heap as it is held now (docs/promises.md): 314 MiB. */
const MOST_RESIDENT_MIB = 470
/** Half of what an edge takes: with fewer the run says nothing of slow connections. */
const LEAST_OPEN = 250

/** Where an edge did not do in a flood what it is to do. Pure. */
export function faultsOfFlood(report: FloodReport): string[] {
  const { slowConnections, residentMib, politeUpdates, queries } = report
  const most = Math.max(...residentMib)
  const open = Math.max(0, ...slowConnections.open)
  return [
    ...(most <= MOST_RESIDENT_MIB ? [] : [`it had ${most} MiB, of ${MOST_RESIDENT_MIB} that are allowed`]),
    ...missing(politeUpdates.sent, politeUpdates.applied, 'signed updates of a polite client were applied'),
    ...missing(queries.sent, queries.answered, 'queries were answered'),
    ...(open >= LEAST_OPEN ? [] : [`only ${open} of ${slowConnections.clients} slow connections were open`]),
  ]
}

/** Each was sent again where no answer came, as its sender does. */
function missing(sent: number, done: number, what: string): string[] {
  return sent > 0 && done >= sent ? [] : [`${done} of ${sent} ${what}`]
}
