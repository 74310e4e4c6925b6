/** Whether the text is in the clipboard now. `near` lies in the window that is open, for nothing outside of it can be selected. */
export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    // not there over plain HTTP
    if (navigator.clipboard !== undefined) {
      await navigator.clipboard.writeText(text)
      return true
    }
  } catch {
    // not allowed: the older way may be
  }
  const before = document.activeElement as HTMLElement | null
  const field = document.createElement('textarea')
  field.className = 'unseen'
  field.readOnly = true
  field.value = text
  near.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  before?.focus?.()
  return isCopied
}

export function selectText(element: HTMLElement | null): void {
  if (element !== null) window.getSelection()?.selectAllChildren(element)
}
