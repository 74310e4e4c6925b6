import { FIRST_FOR_CLUSTERS_TEXT, isFitForClusters } from '../../shared/messaging/nats-version.ts'
import type { Finding } from './finding.ts'

/** Of the servers of a cluster, as they tell them, `2.9.10`. One server alone is well with any version that zonelog takes. */
export function judgeClusterVersions(versions: readonly string[]): Finding[] {
  const old = [...new Set(versions.filter((version) => !isFitForClusters(version)))].sort()
  if (old.length === 0) return []
  return [
    {
      area: 'NATS',
      verdict: 'warning',
      found: `a cluster with servers of version ${old.join(', ')} may lose updates that it has said it stored, without a trace in history, once another of its servers leads; and one that was killed may never get its copy back ("stream store EOF" in its log), so that no update of some zones is decided`,
      mend: `use nats-server ${FIRST_FOR_CLUSTERS_TEXT} or later in clusters; until then restart a server whose log says so`,
    },
  ]
}
