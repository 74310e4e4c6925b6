/** So many in a row are no passing trouble. */
const LOUD_FROM = 5

/** Failures in a row of things that are tried again and again. */
export class Failures<Thing> {
  private readonly counts = new Map<Thing, number>()

  /** How many there were in a row, and whether somebody should hear of it: of the 5th, 10th, 20th, 40th and so on. */
  add(thing: Thing): { readonly inARow: number; readonly isLoud: boolean } {
    const inARow = (this.counts.get(thing) ?? 0) + 1
    this.counts.set(thing, inARow)
    return { inARow, isLoud: Number.isInteger(Math.log2(inARow / LOUD_FROM)) && inARow >= LOUD_FROM }
  }

  /** It went well, or nobody tries it any more. */
  forget(thing: Thing): void {
    this.counts.delete(thing)
  }

  /** Of all others nobody tries any more. */
  keepOnly(things: readonly Thing[]): void {
    const tried = new Set(things)
    for (const thing of this.counts.keys()) if (!tried.has(thing)) this.counts.delete(thing)
  }
}
