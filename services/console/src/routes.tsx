import type { ComponentChildren } from 'preact'
import { AsOfPage } from './pages/history/as-of-page.tsx'
import { ComparePage } from './pages/history/compare-page.tsx'
import { EventPage } from './pages/history/event-page.tsx'
import { HistoryPage } from './pages/history/history-page.tsx'
import { KeyPage } from './pages/keys/key-page.tsx'
import { KeysPage } from './pages/keys/keys-page.tsx'
import { LeasesPage } from './pages/leases/leases-page.tsx'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { RefusalsPage } from './pages/refusals/refusals-page.tsx'
import { RulesPage } from './pages/rules/rules-page.tsx'
import { SystemPage } from './pages/system/system-page.tsx'
import { RecordsPage } from './pages/zone/records/records-page.tsx'
import { SecondariesPage } from './pages/zone/secondaries-page.tsx'
import { ZoneSettingsPage } from './pages/zone/settings-page.tsx'
import { DeletedZonesPage } from './pages/zones/deleted-zones-page.tsx'
import { ZonesPage } from './pages/zones/zones-page.tsx'
import { matchPath, type Params } from './routing/match.ts'

interface Route {
  readonly pattern: string
  readonly page: (params: Params) => ComponentChildren
}

/** Every page by its address; that of another zone begins anew, with nothing picked or typed for the last one. */
const ROUTES: readonly Route[] = [
  { pattern: '/', page: () => <OverviewPage /> },
  { pattern: '/zones', page: () => <ZonesPage /> },
  { pattern: '/deleted-zones', page: () => <DeletedZonesPage /> },
  { pattern: '/zones/:zone', page: ({ zone = '' }) => <RecordsPage key={zone} zone={zone} /> },
  { pattern: '/zones/:zone/history', page: ({ zone = '' }) => <HistoryPage key={zone} zone={zone} /> },
  {
    pattern: '/zones/:zone/history/:seq',
    page: ({ zone = '', seq = '' }) => <EventPage key={`${zone} ${seq}`} zone={zone} seq={seq} />,
  },
  { pattern: '/zones/:zone/as-of', page: ({ zone = '' }) => <AsOfPage key={zone} zone={zone} /> },
  { pattern: '/zones/:zone/compare', page: ({ zone = '' }) => <ComparePage key={zone} zone={zone} /> },
  { pattern: '/zones/:zone/rules', page: ({ zone = '' }) => <RulesPage key={zone} zone={zone} /> },
  { pattern: '/keys', page: () => <KeysPage /> },
  { pattern: '/keys/:key', page: ({ key = '' }) => <KeyPage key={key} name={key} /> },
  { pattern: '/refusals', page: () => <RefusalsPage /> },
  { pattern: '/zones/:zone/leases', page: ({ zone = '' }) => <LeasesPage key={zone} zone={zone} /> },
  {
    pattern: '/zones/:zone/secondaries',
    page: ({ zone = '' }) => <SecondariesPage key={zone} zone={zone} />,
  },
  { pattern: '/zones/:zone/settings', page: ({ zone = '' }) => <ZoneSettingsPage key={zone} zone={zone} /> },
  { pattern: '/system', page: () => <SystemPage /> },
]

/** What stands in the head of every page. */
export const MENU = [
  { href: '/', label: 'Overview' },
  { href: '/zones', label: 'Zones', also: '/deleted-zones' },
  { href: '/keys', label: 'Keys' },
  { href: '/refusals', label: 'Refusals' },
  { href: '/system', label: 'System' },
] as const

export function pageAt(path: string): ComponentChildren | undefined {
  for (const { pattern, page } of ROUTES) {
    const params = matchPath(pattern, path)
    if (params !== undefined) return page(params)
  }
  return undefined
}
