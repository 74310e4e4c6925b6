import type { ComponentChildren } from 'preact'
import { Dialog } from './dialog.tsx'
import { Form, FormActions, useSubmit } from './form.tsx'

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
    <Dialog title={title} asks={false} onClose={onClose}>
      <Form onSubmit={() => ready && submit()}>
        {children}
        <FormActions
          action={action}
          kind="danger"
          busy={busy}
          problem={problem}
          disabled={!ready}
          onCancel={onClose}
        />
      </Form>
    </Dialog>
  )
}
