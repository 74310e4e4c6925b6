import type { ComponentChildren } from 'preact'

/** Instead of an empty list: what would stand there, and the first step to it. */
export function EmptyState({
  title,
  children,
}: {
  readonly title: string
  readonly children: ComponentChildren
}) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}
