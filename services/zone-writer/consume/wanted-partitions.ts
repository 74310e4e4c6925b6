/**
 * The partitions that a writer tries to have, in this order; those of `former` are what it held when it lost its session. After Postgres was away all
 * writers come back, one after another, and whoever is first must not take what it would hand over again a moment later: until the others
 * are back, or should be, it leaves theirs to them.
 */
export function wantedPartitions(
  count: number,
  held: ReadonlySet<number>,
  former: readonly number[],
  othersAreBack: boolean,
): number[] {
  const all = Array.from({ length: count }, (_, partition) => partition)
  const wanted = new Set(othersAreBack ? [...former, ...all] : former)
  return [...wanted].filter((partition) => !held.has(partition))
}
