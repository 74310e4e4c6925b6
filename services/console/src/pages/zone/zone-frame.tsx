import type { ComponentChildren } from 'preact'
import { Page } from '../../parts/page.tsx'
import { type Tab, Tabs } from '../../parts/tabs.tsx'
import { pathTo } from '../../routing/match.ts'

/** The pages of a zone, in the order of their tabs. */
const TABS = [
  { pattern: '/zones/:zone', label: 'Records' },
  { pattern: '/zones/:zone/history', label: 'History' },
  { pattern: '/zones/:zone/as-of', label: 'As it was' },
  { pattern: '/zones/:zone/compare', label: 'Compare' },
  { pattern: '/zones/:zone/rules', label: 'Rules' },
  { pattern: '/zones/:zone/secondaries', label: 'Secondaries' },
  { pattern: '/zones/:zone/settings', label: 'Settings' },
] as const

/** What stands around every page of a zone. */
export function ZoneFrame({
  zone,
  actions,
  children,
}: {
  readonly zone: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}) {
  const tabs: Tab[] = TABS.map(({ pattern, label }) => ({ href: pathTo(pattern, { zone }), label }))
  return (
    <Page title={zone} above={<a href="/zones">Zones</a>} actions={actions}>
      <Tabs label={`Pages of ${zone}`} tabs={tabs} />
      {children}
    </Page>
  )
}
