/** `BENCH_EDGE_NODE_OPTIONS=--cpu-prof …`, or `BENCH_WRITER_…`, measures what a service spends its time on. */
export function nodeOptions(service: 'EDGE' | 'WRITER'): Record<string, string> {
  const given = process.env[`BENCH_${service}_NODE_OPTIONS`]
  return given === undefined ? {} : { NODE_OPTIONS: given }
}
