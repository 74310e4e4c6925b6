import { useEffect, useRef } from 'preact/hooks'
import { path } from '../routing/location.ts'

export interface Tab {
  readonly href: string
  readonly label: string
}

/** Links between the pages of one thing, such as a zone. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  const list = useRef<HTMLElement>(null)
  useEffect(() => {
    // on a phone there are more than fit
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [path.value])
  return (
    <nav class="tabs" aria-label={label} ref={list}>
      {tabs.map(({ href, label }) => (
        <a key={href} href={href} aria-current={href === path.value ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  )
}
