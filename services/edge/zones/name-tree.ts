import { type Name, parentOf } from '../../../shared/dns/name.ts'

/**
 * Which names of a zone exist without records of their own because something exists below them (RFC 4592 §2.2.2): how
 * many names with records are below each name. Follows changes without a walk through the zone.
 */
export class NameTree {
  private readonly apex: Name
  private readonly below = new Map<Name, number>()

  constructor(apex: Name) {
    this.apex = apex
  }

  hasDescendants(name: Name): boolean {
    return this.below.has(name)
  }

  /** A name of the zone had no records and now has some. */
  appeared(name: Name): void {
    for (const ancestor of this.ancestors(name)) this.below.set(ancestor, (this.below.get(ancestor) ?? 0) + 1)
  }

  /** A name of the zone had records and now has none. */
  disappeared(name: Name): void {
    for (const ancestor of this.ancestors(name)) {
      const count = this.below.get(ancestor) ?? 0
      if (count > 1) this.below.set(ancestor, count - 1)
      else this.below.delete(ancestor)
    }
  }

  private *ancestors(name: Name): Generator<Name> {
    let at = name
    while (at !== this.apex) {
      const parent = parentOf(at)
      if (parent === undefined) return
      yield parent
      at = parent
    }
  }
}
