import type { ComponentChildren } from 'preact'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { useUnsaved } from './unsaved.ts'

/** A secret that was just made: it is closed only by who says to have it, for nothing shows it again. */
export function ShownOnce({
  title,
  wide = true,
  onClose,
  children,
}: {
  readonly title: string
  readonly wide?: boolean
  readonly onClose: () => void
  readonly children: ComponentChildren
}) {
  useUnsaved(true)
  return (
    <Dialog title={title} wide={wide} stays onClose={onClose}>
      {children}
      <div class="actions">
        <Button kind="primary" onClick={onClose}>
          I have it
        </Button>
      </div>
    </Dialog>
  )
}
