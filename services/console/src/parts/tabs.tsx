import { path } from '../routing/location.ts'

export interface Tab {
  readonly href: string
  readonly label: string
}

/** Links between the pages of one thing, such as a zone. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, label }) => (
        <a key={href} href={href} aria-current={href === path.value ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  )
}
