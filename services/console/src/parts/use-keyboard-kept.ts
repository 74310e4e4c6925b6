import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface KeyboardKept {
  onFocusIn(): void
  onFocusOut(event: FocusEvent): void
}

/** A button that goes with its row leaves the keyboard to the table. */
export function useKeyboardKept(box: RefObject<HTMLElement | null>): KeyboardKept {
  const isHere = useRef(false)
  useLayoutEffect(() => {
    if (isHere.current && document.activeElement === document.body) box.current?.focus()
  })
  return {
    onFocusIn: () => {
      isHere.current = true
    },
    onFocusOut: ({ target }) => {
      // browsers tell of an element that is taken away as well
      setTimeout(() => {
        if ((target as Element).isConnected)
          isHere.current = box.current?.contains(document.activeElement) ?? false
      })
    },
  }
}
