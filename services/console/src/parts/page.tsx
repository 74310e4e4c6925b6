import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

let first = true

/** A page with its heading, which gets the keyboard when the page is new, so that it is read out. */
export function Page({
  title,
  above,
  actions,
  children,
}: {
  readonly title: string
  /** Links to what the page is part of. */
  readonly above?: ComponentChildren
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · zonelog`
    if (!first && document.querySelector('dialog[open]') === null)
      heading.current?.focus({ preventScroll: true })
    first = false
  }, [title])
  return (
    <div class="page">
      {above && <div class="above">{above}</div>}
      <div class="title">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </div>
  )
}

/** A part of a page with a heading of its own. */
export function Section({
  title,
  actions,
  children,
}: {
  readonly title: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}) {
  return (
    <section class="card" aria-label={title}>
      <div class="title">
        <h2>{title}</h2>
        {actions && <div class="actions">{actions}</div>}
      </div>
      {children}
    </section>
  )
}
