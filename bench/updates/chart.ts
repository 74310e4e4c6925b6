import type { Case } from './cases.ts'
import { type Measured, summary } from './report.ts'

const COLOURS = ['#0b6e4f', '#8d99ae', '#c9ada7', '#e0a458', '#6d6875']
const [LEFT, BAR, GAP, WIDTH, LABEL] = [150, 14, 16, 640, 210]

/** Updates a second as bars, a group a case, each group against its own greatest. */
export function chart(
  measured: readonly Measured[],
  cases: readonly Case[],
  servers: readonly string[],
): string {
  const groupHeight = servers.length * BAR + GAP
  const height = cases.length * groupHeight + 40
  const groups = cases.flatMap((one, index) => {
    const rates = servers.map((server) => summary(measured, one, server)?.rate ?? 0)
    const greatest = Math.max(1, ...rates)
    const top = 30 + index * groupHeight
    const bars = rates.map((rate, place) => {
      const length = Math.round((rate / greatest) * (WIDTH - LEFT - LABEL))
      const y = top + place * BAR
      return `<rect x="${LEFT}" y="${y}" width="${length}" height="${BAR - 2}" fill="${COLOURS[place % COLOURS.length]}"/><text x="${LEFT + length + 6}" y="${y + BAR - 4}">${servers[place]} ${Math.round(rate).toLocaleString('en')}</text>`
    })
    return [`<text x="8" y="${top + 12}" font-weight="bold">${one.name}</text>`, ...bars]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
<text x="8" y="18" font-size="13">Updates a second, answered NOERROR (medians)</text>
${groups.join('\n')}
</svg>
`
}
