/** One zonelog to be measured: of how many processes it is, and what its zone has behind it. */
export interface SystemSetup {
  readonly name: string
  readonly writers: number
  readonly edges: number
  /** Events of the zone's history beforehand; undefined where nothing was said, and nothing is set for it. */
  readonly history: number | undefined
  /** Records of the zone, instead of those of the case. */
  readonly records: number | undefined
}

export interface SystemLists {
  readonly writers: readonly number[]
  readonly edges: readonly number[]
  readonly history: readonly number[]
  readonly records: readonly number[]
}

/**
 * The systems that are measured beside each other: the first of each list makes the first, and so on; one number alone is that of all.
 * Throws for lists of different lengths.
 */
export function setupsOf(lists: SystemLists): SystemSetup[] {
  const lengths = new Set(
    Object.values(lists)
      .map(({ length }) => length)
      .filter((length) => length > 1),
  )
  if (lengths.size > 1)
    throw new Error(
      'lists of --writers, --edges, --history and --records must be equally long, or one number',
    )
  const [count = 1] = lengths
  return Array.from({ length: count }, (_, index) => {
    const at = (list: readonly number[]) => list[list.length === 1 ? 0 : index]
    const numbers = { writers: at(lists.writers) ?? 1, edges: at(lists.edges) ?? 1 }
    const past = { history: at(lists.history), records: at(lists.records) }
    return { name: nameOf({ ...numbers, ...past }), ...numbers, ...past }
  })
}

function nameOf({ writers, edges, history, records }: Omit<SystemSetup, 'name'>): string {
  const said = [
    writers > 1 ? `${writers} writers` : '',
    edges > 1 ? `${edges} edges` : '',
    history === undefined ? '' : `${history.toLocaleString('en')} events before`,
    records === undefined ? '' : `${records.toLocaleString('en')} records`,
  ].filter((part) => part !== '')
  return ['zonelog', ...said].join(', ')
}

/**
 * Where processes are kept: each edge and writer with the others of its number on one processor, all else (NATS, Postgres, the client) on those
 * that no pair has, or on the last where there are too few. Processors count from 0.
 */
export function placement(
  processors: number,
  pairs: number,
): { readonly pair: (index: number) => number; readonly others: readonly number[] } {
  const first = Math.min(pairs, processors - 1)
  return {
    pair: (index) => index % processors,
    others: Array.from({ length: processors - first }, (_, index) => first + index),
  }
}
