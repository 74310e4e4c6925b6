import { addSerial, type Serial } from '../../../shared/dns/serial.ts'

/** RFC 2136 §3.6: the serial after a change that did not bring its own. Never 0, which some secondaries take for "none". */
export function nextSerial(current: Serial): Serial {
  const next = addSerial(current, 1)
  return next === 0 ? addSerial(next, 1) : next
}
