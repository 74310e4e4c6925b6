import { zoneOf } from '../support/spec.ts'
import { takeIn } from './take-in.ts'
import { COSTLY, type Costly, ORDINARY, REGULAR_EXPRESSION } from './worst-messages.ts'

// By hand: `node test/conformance/worst-message.ts [SIZE]` says how long each message of worst-messages.ts takes, in milliseconds.

function measure({ title, message, zone }: Costly, size: number): void {
  const octets = message(size)
  let fastest: number[] = []
  let outcome = ''
  for (let run = 0; run < 3; run++) {
    const given = zone?.(size) ?? zoneOf()
    const times = [performance.now()]
    const taken = takeIn(octets, given, () => times.push(performance.now()))
    outcome = taken.ok ? `${taken.value.kind}: ${taken.value.verdict.detail.slice(0, 60)}` : taken.reason
    const took = times.slice(1).map((time, index) => time - times[index]!)
    if (fastest.length === 0 || sum(took) < sum(fastest)) fastest = took
    if (sum(took) > 1_000) break
  }
  const [decoding, deciding, applying] = fastest.map((time) => time.toFixed(2))
  console.log(
    `${title}: ${octets.length} octets; decode ${decoding}, decide ${deciding}, apply ${applying}; ${outcome}`,
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

const size = Number(process.argv[2] ?? 65_535)
for (let run = 0; run < 3; run++) measure(ORDINARY, size)
for (const costly of [...COSTLY, REGULAR_EXPRESSION]) measure(costly, size)
