import type { LeaseRange } from '../../api/operations.ts'

const UNITS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const

/** As `zonelog zone set --lease` has it: `30m..1d`, or `off`. */
export function leaseText({ least, longest }: LeaseRange): string {
  return longest === 0 ? 'off' : `${durationText(least)}..${durationText(longest)}`
}

/** Undefined where the text is none. */
export function leaseFrom(text: string): LeaseRange | undefined {
  const word = text.trim()
  if (word === 'off' || word === '') return { least: 0, longest: 0 }
  const [least, longest, ...rest] = word.split('..').map(secondsFrom)
  if (least === undefined || longest === undefined || rest.length > 0) return undefined
  return least > 0 && least <= longest ? { least, longest } : undefined
}

/** In the largest unit that leaves nothing over. */
export function durationText(seconds: number): string {
  const unit = Object.entries(UNITS).find(([, each]) => seconds % each === 0) ?? ['s', 1]
  return seconds === 0 ? '0s' : `${seconds / unit[1]}${unit[0]}`
}

function secondsFrom(text: string): number | undefined {
  const found = /^(\d{1,9})([smhd]?)$/.exec(text.trim())
  if (found === null) return undefined
  return Number(found[1]) * UNITS[(found[2] || 's') as keyof typeof UNITS]
}
