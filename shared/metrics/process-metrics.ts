import { performance } from 'node:perf_hooks'
import { Gauge } from 'prom-client'
import { droppedLogLines } from '../log.ts'
import { ourVersion } from '../version.ts'
import type { ServiceMetrics } from './service-metrics.ts'

/** What the process takes, by the names that dashboards know, and which program it is. `id` names the edge or writer. */
export function describeProcess(metrics: ServiceMetrics, prefix: string, id: string): void {
  const info = new Gauge({
    name: `${prefix}_build_info`,
    help: 'always 1; which version runs here, on which Node, and under what name',
    labelNames: ['version', 'node', 'id'],
    registers: [metrics.registry],
  })
  info.set({ version: ourVersion(), node: process.versions.node, id }, 1)
  metrics.gauge(
    'process_start_time_seconds',
    'when the process began, in seconds since 1970',
    () => performance.timeOrigin / 1_000,
  )
  metrics.counter('process_cpu_seconds_total', 'processor time that the process took', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  metrics.gauge('process_resident_memory_bytes', 'memory that the process takes', () =>
    process.memoryUsage.rss(),
  )
  metrics.counter(
    `${prefix}_event_loop_active_seconds_total`,
    'time in which the one thread that does the work was busy: near 1 in a second it is the bottleneck',
    () => performance.eventLoopUtilization().active / 1_000,
  )
  metrics.counter(
    `${prefix}_log_lines_dropped_total`,
    'lines of the log that were lost, since whoever reads them did not',
    droppedLogLines,
  )
}
