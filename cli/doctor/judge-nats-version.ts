import type { Finding } from './finding.ts'

/** The first that recovers a replica by itself however its server was killed (seen with 2.10.27). */
const FIRST_FOR_CLUSTERS = [2, 10] as const

/** One server is well with any version that zonelog takes; several are not. `version` as the server tells it, `2.9.10`. */
export function judgeNatsVersion(version: string, isCluster: boolean): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [firstMajor, firstMinor] = FIRST_FOR_CLUSTERS
  const isNewEnough = major > firstMajor || (major === firstMajor && minor >= firstMinor)
  if (!isCluster || isNewEnough) return []
  return [
    {
      area: 'NATS',
      verdict: 'warning',
      found: `a cluster of version ${version}: a server that was killed may lose its replica of a stream for good ("stream store EOF" in its log), and no update of some zones is decided meanwhile`,
      mend: `use nats-server ${FIRST_FOR_CLUSTERS.join('.')} or later in clusters; until then restart the server whose log says so`,
    },
  ]
}
