/** Aborted once the page is hidden. */
export function hidden(gone: AbortSignal): AbortSignal {
  const over = new AbortController()
  const look = () => document.visibilityState === 'hidden' && over.abort()
  look()
  document.addEventListener('visibilitychange', look, { signal: AbortSignal.any([gone, over.signal]) })
  return over.signal
}

/** Waits until the page is seen, or the signal aborts. */
export function seen(gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted || document.visibilityState === 'visible') return resolve()
    const look = () => document.visibilityState === 'visible' && end()
    const end = () => {
      document.removeEventListener('visibilitychange', look)
      gone.removeEventListener('abort', end)
      resolve()
    }
    document.addEventListener('visibilitychange', look)
    gone.addEventListener('abort', end)
  })
}
