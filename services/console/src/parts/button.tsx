import type { ComponentChildren } from 'preact'

export interface ButtonProps {
  readonly kind?: 'primary' | 'plain' | 'danger'
  readonly type?: 'button' | 'submit'
  readonly small?: boolean
  /** At work: it stays where the keyboard is, says so, and does nothing more. */
  readonly busy?: boolean
  readonly disabled?: boolean
  /** Why it cannot be used, or more about it. */
  readonly title?: string | undefined
  readonly label?: string | undefined
  readonly expanded?: boolean
  /** Stands aside of the Tab key, where the keyboard has another way to the same. */
  readonly aside?: boolean
  readonly onClick?: (event: MouseEvent) => void
  readonly children: ComponentChildren
}

export function Button({
  kind = 'plain',
  type = 'button',
  small = false,
  busy = false,
  disabled = false,
  title,
  label,
  expanded,
  aside = false,
  onClick,
  children,
}: ButtonProps) {
  const idle = !busy && !disabled
  return (
    <button
      type={type}
      class={`button ${kind}${small ? ' small' : ''}`}
      aria-disabled={idle ? undefined : true}
      aria-busy={busy || undefined}
      aria-label={label}
      aria-expanded={expanded}
      tabIndex={aside ? -1 : undefined}
      title={title}
      onClick={(event) => (idle ? onClick?.(event) : event.preventDefault())}
    >
      {children}
    </button>
  )
}
