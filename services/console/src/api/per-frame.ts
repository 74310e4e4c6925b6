/** Shows what comes once for each frame that the browser draws; a page that nobody sees gathers `most` at a time. Ends with `signal`. */
export function perFrame<T>(
  signal: AbortSignal,
  most: number,
  show: (came: readonly T[]) => void,
): (item: T) => void {
  let came: T[] = []
  let isDue = false
  const flush = () => {
    isDue = false
    const items = came
    came = []
    if (!signal.aborted && items.length > 0) show(items)
  }
  return (item) => {
    came.push(item)
    if (came.length >= most) return flush()
    if (isDue) return
    isDue = true
    requestAnimationFrame(flush)
  }
}
