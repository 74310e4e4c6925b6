import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from './button.tsx'
import { CloseIcon } from './icons.tsx'
import { useUnsaved } from './unsaved.ts'

/**
 * A window over the page: it keeps the keyboard, Escape closes it, and the keyboard goes back to where it was. Once something was typed into
 * it, Escape asks first.
 */
export function Dialog({
  title,
  onClose,
  wide = false,
  stays = false,
  asks = true,
  children,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  /** Cannot be closed by hand: only by what is in it. */
  readonly stays?: boolean
  /** Left out where nothing is lost that was typed. */
  readonly asks?: boolean
  readonly children: ComponentChildren
}) {
  const box = useRef<HTMLDialogElement>(null)
  const id = useId()
  const [isTyped, setTyped] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const keepsTyped = asks && !stays && isTyped
  useUnsaved(keepsTyped)
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
  const close = () => (keepsTyped ? setAsking(true) : onClose())
  return (
    <dialog
      ref={box}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onInput={() => setTyped(true)}
      onCancel={(event) => {
        event.preventDefault()
        if (!stays && event.target === box.current) close()
      }}
      onClose={(event) => {
        // browsers close it by themselves on a second Escape
        const element = box.current
        if (event.target !== element || element === null || element.open) return
        if (stays || keepsTyped) element.showModal()
        if (!stays) close()
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        {!stays && (
          <Button small label="Close" onClick={close}>
            <CloseIcon />
          </Button>
        )}
      </header>
      {isAsking && <AskFirst onKeep={() => setAsking(false)} onClose={onClose} />}
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}

/** Has the keyboard until it is answered, and gives it back. */
function AskFirst({ onKeep, onClose }: { readonly onKeep: () => void; readonly onClose: () => void }) {
  const box = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    const before = document.activeElement as HTMLElement | null
    box.current?.querySelector('button')?.focus()
    return () => before?.focus?.()
  }, [])
  return (
    <section class="note warn" role="alert" ref={box}>
      <p>What you typed is not saved.</p>
      <div class="actions">
        <Button onClick={onKeep}>Go on with it</Button>
        <Button kind="danger" onClick={onClose}>
          Close without saving
        </Button>
      </div>
    </section>
  )
}
