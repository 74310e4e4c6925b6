import type { ComponentChildren } from 'preact'
import { Page } from '../../parts/page.tsx'
import { type Tab, Tabs } from '../../parts/tabs.tsx'
import { pathTo } from '../../routing/match.ts'
import { BringBack } from '../zones/bring-back-dialog.tsx'
import { isDeleted } from '../zones/deleted-zone.ts'

/** The pages of a zone, in the order of their tabs. */
const TABS = [
  { pattern: '/zones/:zone', label: 'Records' },
  { pattern: '/zones/:zone/history', label: 'History' },
  { pattern: '/zones/:zone/as-of', label: 'As it was' },
  { pattern: '/zones/:zone/compare', label: 'Compare' },
  { pattern: '/zones/:zone/rules', label: 'Rules' },
  { pattern: '/zones/:zone/leases', label: 'Leases' },
  { pattern: '/zones/:zone/secondaries', label: 'Secondaries' },
  { pattern: '/zones/:zone/settings', label: 'Settings' },
] as const

/** Of a zone that was deleted only its history is there. */
const OF_DELETED: readonly string[] = ['/zones/:zone/history', '/zones/:zone/as-of', '/zones/:zone/compare']

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
  const isGone = isDeleted(zone)
  const pages = TABS.filter(({ pattern }) => !isGone || OF_DELETED.includes(pattern))
  const tabs: Tab[] = pages.map(({ pattern, label }) => ({ href: pathTo(pattern, { zone }), label }))
  const above = isGone ? <a href="/deleted-zones">Deleted zones</a> : <a href="/zones">Zones</a>
  return (
    <Page title={zone} above={above} actions={isGone ? <BringBack zone={zone} /> : actions}>
      <Tabs label={`Pages of ${zone}`} tabs={tabs} />
      {isGone && <p class="note">This zone was deleted, and is not served. Its history is kept.</p>}
      {children}
    </Page>
  )
}
