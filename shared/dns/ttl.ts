const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Seconds from `3600` or from units as BIND writes them, `1h30m`; undefined for other text or 2^32 and more. */
export function parseTtl(text: string): number | undefined {
  if (/^\d{1,10}$/.test(text)) return within(Number(text))
  if (!/^(\d{1,10}[smhdw])+$/i.test(text)) return undefined
  let total = 0
  for (const part of text.toLowerCase().matchAll(/(\d+)([smhdw])/g))
    total += Number(part[1]) * UNITS[part[2]!]!
  return within(total)
}

function within(seconds: number): number | undefined {
  return seconds <= 0xffff_ffff ? seconds : undefined
}
