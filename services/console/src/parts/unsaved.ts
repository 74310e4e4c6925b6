import { useEffect } from 'preact/hooks'

const unsaved = new Set<object>()

// a window that is closed, or loaded anew, loses what was typed
window.addEventListener('beforeunload', (event) => {
  if (unsaved.size > 0) event.preventDefault()
})

/** Has the browser ask before it closes the window, for as long as something is typed and not saved, or shown that never comes again. */
export function useUnsaved(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return
    const mine = {}
    unsaved.add(mine)
    return () => {
      unsaved.delete(mine)
    }
  }, [isUnsaved])
}
