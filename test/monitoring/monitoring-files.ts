import { readFile } from 'node:fs/promises'
import { parser } from '@prometheus-io/lezer-promql'
import { parse } from 'yaml'

const ROOT = new URL('../../', import.meta.url)
/** Labels that Prometheus itself puts on every series that it fetches, or on buckets. */
const OF_PROMETHEUS: ReadonlySet<string> = new Set(['instance', 'job', 'le'])
/** A series that Prometheus itself makes. */
const MADE_BY_PROMETHEUS = 'up'

export interface Alert {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export async function readAlerts(): Promise<Alert[]> {
  const text = await readFile(new URL('monitoring/prometheus/alerts.yml', ROOT), 'utf8')
  return (parse(text) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules)
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly description?: string
  readonly type: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly expr: string }[]
}

export interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly { readonly query: string; readonly definition?: string }[] }
  /** Of all panels and variables. */
  readonly expressions: readonly string[]
}

export async function readDashboard(): Promise<Dashboard> {
  const text = await readFile(new URL('monitoring/grafana/zonelog.json', ROOT), 'utf8')
  const dashboard = JSON.parse(text) as Dashboard
  const asked = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  const variables = dashboard.templating.list.flatMap(({ definition }) =>
    [...(definition ?? '').matchAll(/^label_values\((.+), \w+\)$/g)].map(([, expression]) => expression!),
  )
  return { ...dashboard, expressions: [...asked, ...variables].map(withoutVariables) }
}

/** As Grafana sends it: variables have values then. */
function withoutVariables(expression: string): string {
  return expression
    .replaceAll('$__rate_interval', '5m')
    .replaceAll('$__range', '1h')
    .replaceAll(/\$\w+/g, 'x')
}

/** Where an expression breaks the grammar of PromQL; undefined where it does not. */
export function syntaxFault(expression: string): string | undefined {
  let fault: string | undefined
  parser.parse(expression).iterate({
    enter: ({ type, from }) => {
      if (type.isError) fault ??= expression.slice(Math.max(0, from - 20), from + 20)
    },
  })
  return fault
}

/** The metrics that an expression asks for, each with the labels that it selects, groups or joins by. */
export function namesUsed(expression: string): { name: string; labels: string[] }[] {
  const names: string[] = []
  const labels: string[] = []
  parser.parse(expression).iterate({
    enter: ({ name, from, to, node }) => {
      const text = expression.slice(from, to)
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') names.push(text)
      if (name === 'LabelName') labels.push(text)
    },
  })
  const ours = labels.filter((label) => !OF_PROMETHEUS.has(label))
  return names.filter((name) => name !== MADE_BY_PROMETHEUS).map((name) => ({ name, labels: ours }))
}
