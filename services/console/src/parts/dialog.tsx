import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { Button } from './button.tsx'
import { CloseIcon } from './icons.tsx'

/** A window over the page: it keeps the keyboard, Escape closes it, and the keyboard goes back to where it was. */
export function Dialog({
  title,
  onClose,
  wide = false,
  stays = false,
  children,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  /** Cannot be closed by hand: only by what is in it. */
  readonly stays?: boolean
  readonly children: ComponentChildren
}) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    const element = box.current
    element?.showModal()
    return () => {
      // what is below a window that is open cannot get the keyboard
      element?.close()
      before?.focus?.()
    }
  }, [])
  return (
    <dialog
      ref={box}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        if (!stays && event.target === box.current) onClose()
      }}
      onClose={(event) => {
        // browsers close it by themselves on a second Escape
        const element = box.current
        if (event.target !== element || element === null || element.open) return
        if (stays) element.showModal()
        else onClose()
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {!stays && (
          <Button small label="Close" onClick={onClose}>
            <CloseIcon />
          </Button>
        )}
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}
