import type { VerifierRound } from '../../api/operations.ts'
import { counted } from '../../parts/counted.ts'

/** `12 zones in 3.2 s`. */
export function roundText(round: VerifierRound | undefined): string {
  if (round === undefined) return 'none ended yet'
  if (round.zones === 0) return 'no zones'
  return `${counted(round.zones, 'zone')} in ${secondsText(round.ms)}`
}

/** Rests included: how long a long history will take. */
export function eventsPerSecond(round: VerifierRound | undefined): string {
  if (round === undefined || round.zones === 0) return '–'
  return Math.round((round.events * 1_000) / round.ms).toLocaleString()
}

function secondsText(ms: number): string {
  const seconds = ms / 1_000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  return seconds < 3_600 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`
}
