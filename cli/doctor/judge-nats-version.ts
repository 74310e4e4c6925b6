import { FIRST_FOR_CLUSTERS_TEXT, isFitForClusters } from '../../shared/messaging/nats-version.ts'
import type { Finding } from './finding.ts'

/** One server is well with any version that zonelog takes; several are not. `version` as the server tells it, `2.9.10`. */
export function judgeNatsVersion(version: string, isCluster: boolean): Finding[] {
  if (!isCluster || isFitForClusters(version)) return []
  return [
    {
      area: 'NATS',
      verdict: 'warning',
      found: `a cluster of version ${version} may lose updates that it has stored, and with them their place in history: when another of its servers leads a stream or a consumer, after the stream of commands was full, or when one that was killed never gets its copy back ("stream store EOF" in its log)`,
      mend: `use nats-server ${FIRST_FOR_CLUSTERS_TEXT} or later in clusters; until then restart a server whose log says so`,
    },
  ]
}
