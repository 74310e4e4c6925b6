import { signal } from '@preact/signals'

const query = window.matchMedia('(max-width: 40rem)')
const narrow = signal(query.matches)
query.addEventListener('change', () => {
  narrow.value = query.matches
})

/** Whether the window is as narrow as that of a phone; the same as in the style sheets. */
export function useNarrow(): boolean {
  return narrow.value
}
