/** Of all differences together that are condensed, or kept while their clients take them. */
const MOST_OCTETS = 32 * 1024 * 1024

/** Bounds the octets of condensed differences that are held at once. */
export class CondensedRoom {
  private readonly most: number
  private held = 0

  constructor(most = MOST_OCTETS) {
    this.most = most
  }

  get octets(): number {
    return this.held
  }

  /** False when there is no room for so many more. */
  take(octets: number): boolean {
    if (this.held + octets > this.most) return false
    this.held += octets
    return true
  }

  giveBack(octets: number): void {
    this.held -= octets
  }
}
