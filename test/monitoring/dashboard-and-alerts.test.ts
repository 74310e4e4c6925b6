import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { type Alert, readAlerts, readDashboard, syntaxFault } from './monitoring-files.ts'

// Their names of metrics and labels are held against a running edge and writer in telemetry.test.ts.

const ROOT = new URL('../../', import.meta.url)

describe('monitoring/grafana/zonelog.json', async () => {
  const { panels, expressions } = await readDashboard()

  it('asks in PromQL, by the grammar of Prometheus', () => {
    for (const expression of expressions) assert.equal(syntaxFault(expression), undefined, expression)
  })

  it('begins with the golden signals, and says of each panel what it shows', () => {
    assert.match(panels[0]!.title, /^Golden signals/)
    for (const { type, title, description } of panels)
      if (type !== 'row') assert.notEqual(description, undefined, title)
  })

  it('has no panel twice and none over another', () => {
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    )
    assert.equal(new Set(places).size, places.length)
  })
})

describe('monitoring/prometheus/alerts.yml', async () => {
  const alerts = await readAlerts()
  const each = (check: (alert: Alert) => unknown) => () => {
    for (const alert of alerts) check(alert)
  }

  it(
    'asks in PromQL, by the grammar of Prometheus',
    each(({ alert, expr }) => assert.equal(syntaxFault(expr), undefined, alert)),
  )

  it('finds a fault in what is no PromQL', () => {
    for (const wrong of ['sum by (le (x)', 'rate(x[5m]', 'x{state=open}'])
      assert.notEqual(syntaxFault(wrong), undefined, wrong)
  })

  it(
    'says for each who is to look, what is wrong and what to do',
    each(({ alert, labels, annotations, for: wait = '0s' }) => {
      assert.match(alert, /^Zonelog[A-Z]\w+$/)
      assert.match(labels.severity!, /^(page|ticket)$/, alert)
      assert.match(wait, /^\d+[smhd]$/, alert)
      assert.ok((annotations.summary ?? '').length > 10, alert)
      assert.ok((annotations.description ?? '').length > 10, alert)
    }),
  )

  it('has each alert told of in docs/monitoring.md, under the heading that it names, and no other', async () => {
    const text = await readFile(new URL('docs/monitoring.md', ROOT), 'utf8')
    const told = [...text.matchAll(/^### (Zonelog\w+)$/gm)].map(([, name]) => name)
    assert.deepEqual(
      told,
      alerts.map(({ alert }) => alert),
    )
    for (const { alert, annotations } of alerts)
      assert.equal(annotations.runbook, `docs/monitoring.md#${alert.toLowerCase()}`)
  })
})
