/** The fields that differ from those before; undefined where none does. */
export function changesOf<T extends object>(before: T, wanted: T): Partial<T> | undefined {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof T]),
  )
  return changed.length === 0 ? undefined : (Object.fromEntries(changed) as Partial<T>)
}
