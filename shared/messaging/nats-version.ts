import type { NatsConnection } from 'nats'
import type { Logger } from '../log.ts'

/**
 * The oldest of which our fault runs have seen that a cluster keeps what it has stored. Of earlier ones it is known that they do not: 2.9.10 after the stream of
 * commands was full, some of 2.10 when a consumer got another leader (issues 5612 and 5638 of nats-server, mended in 2.10.18 and 2.10.19), others where
 * servers came to differ.
 */
const FIRST_FOR_CLUSTERS = [2, 10, 27] as const
export const FIRST_FOR_CLUSTERS_TEXT = FIRST_FOR_CLUSTERS.join('.')

/** Whether a cluster of nats-servers of this version may be trusted with commands. `version` as the server tells it, `2.9.10`. One server alone may be any. */
export function isFitForClusters(version: string): boolean {
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const place = FIRST_FOR_CLUSTERS.findIndex((least, index) => (parts[index] ?? 0) !== least)
  return place < 0 || (parts[place] ?? 0) > FIRST_FOR_CLUSTERS[place]!
}

/** Says so where the cluster of this connection may not be trusted. */
export function warnOfUnfitCluster({ info }: Pick<NatsConnection, 'info'>, log: Pick<Logger, 'warn'>): void {
  if (info?.cluster === undefined || isFitForClusters(info.version)) return
  log.warn(
    { version: info.version, fit: FIRST_FOR_CLUSTERS_TEXT },
    'a cluster of this nats-server may lose commands that it has stored: use a later version',
  )
}
