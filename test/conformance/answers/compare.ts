import { ANSWER_DIFFERENCES, differsOnly, HELPFUL_ADDRESSES } from './differences.ts'
import { type Compared, OTHERS, type Other, type Said } from './race.ts'

/** A query to which another server said something else; `title` is that of the agreed difference. */
export interface Finding {
  readonly other: Other
  readonly title: string | undefined
  readonly text: string
}

/** What the answers of the others to one query have besides or instead of ours. */
export function compare({ query, ours, theirs }: Compared): Finding[] {
  return OTHERS.flatMap((other) => {
    const [a, b] = [comparable(ours), comparable(theirs[other])]
    if (differsOnly(a, b)) {
      // an answer that was cut has whatever fitted
      if (ours.tc || differsOnly(ours, theirs[other])) return []
      return [{ other, title: HELPFUL_ADDRESSES.title, text: query.text }]
    }
    const agreed = ANSWER_DIFFERENCES.find(
      (difference) => difference.others[other] !== undefined && difference.explains(query, a, b),
    )
    const text = `${query.text}\n  ours  ${JSON.stringify(ours)}\n  ${other}  ${JSON.stringify(theirs[other])}`
    return [{ other, title: agreed?.title, text }]
  })
}

/** Without what a cut answer holds by chance, and with glue alone in the additional section. */
function comparable(said: Said): Said {
  if (said.tc) return { ...said, answer: [], authority: [], additional: [] }
  const cuts = said.authority.filter((line) => line.includes(' in ns ')).map((line) => line.split(' ')[0]!)
  const isGlue = (line: string) => cuts.some((cut) => isBelow(line.split(' ')[0]!, cut))
  return { ...said, additional: said.additional.filter((line) => !isAddress(line) || isGlue(line)) }
}

function isAddress(line: string): boolean {
  return / in (a|aaaa) /.test(line)
}

function isBelow(name: string, cut: string): boolean {
  return name === cut || name.endsWith(`.${cut}`)
}
