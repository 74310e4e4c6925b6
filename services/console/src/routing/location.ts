import { computed, signal } from '@preact/signals'

const current = signal(new URL(window.location.href))

/** Where the page is. */
export const path = computed(() => current.value.pathname)
export const query = computed(() => current.value.searchParams)

window.addEventListener('popstate', () => {
  current.value = new URL(window.location.href)
})

/** Goes to an address of the console; `replace` leaves no step to go back to. */
export function navigate(href: string, { replace = false } = {}): void {
  const target = new URL(href, window.location.href)
  if (target.href === current.value.href) return
  window.history[replace ? 'replaceState' : 'pushState'](null, '', target)
  const samePage = target.pathname === current.value.pathname
  current.value = target
  if (!samePage) window.scrollTo(0, 0)
}

/** Changes parts of the query and leaves the rest; undefined or an empty text takes one away. Filters live there. */
export function setQuery(
  changes: Readonly<Record<string, string | undefined>>,
  { replace = true } = {},
): void {
  const next = new URL(current.value)
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === '') next.searchParams.delete(name)
    else next.searchParams.set(name, value)
  navigate(next.href, { replace })
}

/** Lets plain links go without loading the page anew; a click that asks for a new tab, or a download, stays the browser's. */
export function followLinks(event: MouseEvent): void {
  if (
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey ||
    event.altKey
  )
    return
  const link = (event.target as Element | null)?.closest?.('a[href]') as HTMLAnchorElement | null
  if (link === null || link.target !== '' || link.hasAttribute('download')) return
  const target = new URL(link.href)
  if (target.origin !== window.location.origin || /^\/(v1|docs)(\/|$)/.test(target.pathname)) return
  if (target.hash !== '' && target.pathname === window.location.pathname) return
  event.preventDefault()
  navigate(link.href)
}
