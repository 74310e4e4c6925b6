import type { ComponentChildren } from 'preact'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { SystemPage } from './pages/system/system-page.tsx'
import { RecordsPage } from './pages/zone/records/records-page.tsx'
import { SecondariesPage } from './pages/zone/secondaries-page.tsx'
import { ZoneSettingsPage } from './pages/zone/settings-page.tsx'
import { ZonesPage } from './pages/zones/zones-page.tsx'
import { matchPath, type Params } from './routing/match.ts'

interface Route {
  readonly pattern: string
  readonly page: (params: Params) => ComponentChildren
}

/** Every page by its address. */
const ROUTES: readonly Route[] = [
  { pattern: '/', page: () => <OverviewPage /> },
  { pattern: '/zones', page: () => <ZonesPage /> },
  { pattern: '/zones/:zone', page: ({ zone = '' }) => <RecordsPage zone={zone} /> },
  { pattern: '/zones/:zone/secondaries', page: ({ zone = '' }) => <SecondariesPage zone={zone} /> },
  { pattern: '/zones/:zone/settings', page: ({ zone = '' }) => <ZoneSettingsPage zone={zone} /> },
  { pattern: '/system', page: () => <SystemPage /> },
]

/** What stands in the head of every page. */
export const MENU = [
  { href: '/', label: 'Overview' },
  { href: '/zones', label: 'Zones' },
  { href: '/system', label: 'System' },
] as const

export function pageAt(path: string): ComponentChildren | undefined {
  for (const { pattern, page } of ROUTES) {
    const params = matchPath(pattern, path)
    if (params !== undefined) return page(params)
  }
  return undefined
}
