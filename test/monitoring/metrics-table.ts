import { readFile } from 'node:fs/promises'
import { readExposition } from './exposition.ts'

const ROOT = new URL('../../', import.meta.url)
/** Rows of the table of metrics, as against those of other tables. */
const ROW = /^\| `[a-z_]+` \| (?:edge|writer) \| (?:counter|gauge|histogram) \|/

/** `| name | service | type | labels | meaning |` of each metric of a service's /metrics. */
export function metricRows(service: 'edge' | 'writer', text: string): string[] {
  const series = readExposition(text)
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name, help, type]) => {
    const own = series.filter(
      (one) => one.name.replace(/_(bucket|sum|count)$/, '') === name || one.name === name,
    )
    const labels = new Set(own.flatMap((one) => Object.keys(one.labels)))
    labels.delete('le')
    const shown = [...labels].map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${service} | ${type} | ${shown} | ${help} |`
  })
}

export async function tableIn(file: string): Promise<string[]> {
  const text = await readFile(new URL(file, ROOT), 'utf8')
  return text.split('\n').filter((line) => ROW.test(line))
}
