import { raceArguments, tellRace } from './against-bind.ts'
import { AGREED_WITH_KNOT, KNOT_TTL, tooMuchForKnot } from './knot-differences.ts'
import { KnotServer } from './knot-server.ts'
import { type RaceReport, race } from './race.ts'

// By hand: `node test/conformance/against-knot.ts --seed 7 --messages 20000 [--zones 48]`

export function raceKnot(options: { seed: number; messages: number; zones?: number }): Promise<RaceReport> {
  return race({
    zones: 48,
    ...options,
    ttls: [KNOT_TTL],
    agreed: AGREED_WITH_KNOT,
    spared: tooMuchForKnot,
    startOracle: (zones, zoneFile) => KnotServer.withZones(zones, zoneFile),
  })
}

if (import.meta.main) {
  const options = raceArguments()
  await tellRace('Knot', options, raceKnot(options))
}
