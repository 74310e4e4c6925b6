import type { ComponentChildren } from 'preact'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Form, ProblemNote, useSubmit } from './form.tsx'

/** Asks before something that cannot easily be taken back; a failure is shown in it. */
export function ConfirmDialog({
  title,
  action,
  act,
  onClose,
  ready = true,
  children,
}: {
  readonly title: string
  /** What the button says, such as `Delete example.com`. */
  readonly action: string
  readonly act: () => Promise<unknown>
  readonly onClose: () => void
  readonly ready?: boolean
  readonly children: ComponentChildren
}) {
  const { busy, problem, submit } = useSubmit(act)
  return (
    <Dialog title={title} onClose={onClose}>
      <Form onSubmit={() => ready && submit()}>
        {children}
        <ProblemNote problem={problem} />
        <div class="actions">
          <Button kind="danger" type="submit" busy={busy} disabled={!ready}>
            {action}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </Form>
    </Dialog>
  )
}
