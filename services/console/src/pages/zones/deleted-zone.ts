/** Whether a zone is named as one that was deleted: `NAME@ID`. */
export function isDeleted(zone: string): boolean {
  return /.@\d+$/.test(zone)
}

/** The name that a deleted zone had, with the final dot. */
export function formerName(zone: string): string {
  return zone.replace(/@\d+$/, '').replace(/\.?$/, '.')
}
