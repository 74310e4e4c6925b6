import { addSerial, compareSerial, type Serial } from '../../../shared/dns/serial.ts'
import type { SerialPolicy } from '../../../shared/zone-settings.ts'

/**
 * RFC 2136 §3.6: the serial after a change that did not bring its own. It is later than `current` in the sense of RFC 1982 whatever
 * the policy and the clock say (P7): a policy's value that is not later gives way to the next number. `now` is in ms since the epoch.
 */
export function nextSerial(current: Serial, policy: SerialPolicy, now: number): Serial {
  const wanted = VALUE_OF[policy]?.(now)
  return wanted !== undefined && compareSerial(current, wanted) === -1 ? wanted : increment(current)
}

/** The serial that a policy wants at a time; a policy without one counts. */
const VALUE_OF: { readonly [P in SerialPolicy]?: (now: number) => Serial } = {
  unixtime: (now) => nonZero(Math.floor(now / 1_000)),
  date: (now) => nonZero(dayOf(new Date(now)) * 100),
}

/** RFC 1912 §2.2, in UTC; the last two digits count the changes of a day, the first of which has 00. */
function dayOf(date: Date): number {
  return (date.getUTCFullYear() * 100 + date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}

function increment(current: Serial): Serial {
  return nonZero(addSerial(current, 1))
}

/** A number in the circle of serials, leaving out 0, which some secondaries take for "none". */
function nonZero(value: number): Serial {
  const serial = value >>> 0
  return (serial === 0 ? 1 : serial) as Serial
}
