import { Tabs } from '../../parts/tabs.tsx'

const TABS = [
  { href: '/zones', label: 'Zones' },
  { href: '/deleted-zones', label: 'Deleted zones' },
] as const

/** Between zones that are served and those that were. */
export function ZoneTabs() {
  return <Tabs label="Zones" tabs={TABS} />
}
