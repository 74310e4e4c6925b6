import type { CatalogZone } from '../../../shared/catalog.ts'
import type { Name } from '../../../shared/dns/name.ts'

/** What the read path needs of the catalog that this edge follows. */
export interface Catalog {
  /** The zone whose name is the longest suffix of `name` (RFC 1034 §4.3.2 step 2). */
  zoneFor(name: Name): CatalogZone | undefined
  zoneById(id: number): CatalogZone | undefined
}
