import { FIRST_FOR_CLUSTERS_TEXT, isFitForClusters } from '../../shared/messaging/nats-version.ts'
import type { Finding } from './finding.ts'

/** One server is well with any version that zonelog takes; several are not. `version` as the server tells it, `2.9.10`. */
export function judgeNatsVersion(version: string, isCluster: boolean): Finding[] {
  if (!isCluster || isFitForClusters(version)) return []
  return [
    {
      area: 'NATS',
      verdict: 'warning',
      found: `a cluster of version ${version} may lose updates that it has said it stored, without a trace in history, once another of its servers leads; and one that was killed may never get its copy back ("stream store EOF" in its log), so that no update of some zones is decided`,
      mend: `use nats-server ${FIRST_FOR_CLUSTERS_TEXT} or later in clusters; until then restart a server whose log says so`,
    },
  ]
}
