import { signal } from '@preact/signals'
import { Button } from './button.tsx'
import { CloseIcon } from './icons.tsx'

interface Toast {
  readonly id: number
  readonly text: string
  readonly link?: { readonly href: string; readonly label: string }
}

const SHOWN_MS = 8_000

const toasts = signal<readonly Toast[]>([])
let last = 0

/** Says shortly that something is done; read out, and gone by itself. Errors do not go here: they stay beside what was typed. */
export function toast(text: string, link?: Toast['link']): void {
  const id = ++last
  toasts.value = [...toasts.value, link === undefined ? { id, text } : { id, text, link }]
  setTimeout(() => close(id), SHOWN_MS)
}

function close(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id)
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, link }) => (
        <div class="toast" key={id}>
          <span>
            {text} {link && <a href={link.href}>{link.label}</a>}
          </span>
          <Button small label="Dismiss" onClick={() => close(id)}>
            <CloseIcon />
          </Button>
        </div>
      ))}
    </div>
  )
}
