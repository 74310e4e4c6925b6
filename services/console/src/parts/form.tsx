import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { type Problem, problemOf } from '../api/problem.ts'
import { Button } from './button.tsx'

/** What a form sends: one at a time; what went wrong stays until it is sent again, and so does what was typed. */
export function useSubmit(send: () => Promise<unknown>): {
  readonly busy: boolean
  readonly problem: Problem | undefined
  readonly submit: () => Promise<void>
  readonly forget: () => void
} {
  const [state, setState] = useState<{ busy: boolean; problem?: Problem }>({ busy: false })
  const submit = async () => {
    if (state.busy) return
    setState({ busy: true })
    try {
      await send()
      setState({ busy: false })
    } catch (error) {
      setState({ busy: false, problem: problemOf(error) })
    }
  }
  return { ...state, problem: state.problem, submit, forget: () => setState({ busy: false }) }
}

export function Form({
  onSubmit,
  label,
  children,
}: {
  readonly onSubmit: () => unknown
  readonly label?: string
  readonly children: ComponentChildren
}) {
  return (
    <form
      class="form"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        void onSubmit()
      }}
    >
      {children}
    </form>
  )
}

/** The last rows of a form: what went wrong where nothing typed is lost, doing it, leaving it, and what else there is. */
export function FormActions({
  action,
  kind = 'primary',
  busy,
  problem,
  disabled = false,
  onCancel,
  children,
}: {
  /** What the button says, such as `Save`. */
  readonly action: string
  readonly kind?: 'primary' | 'danger'
  readonly busy: boolean
  readonly problem?: Problem | undefined
  readonly disabled?: boolean
  readonly onCancel: () => void
  readonly children?: ComponentChildren
}) {
  return (
    <>
      <ProblemNote problem={problem} />
      <div class="actions">
        <Button kind={kind} type="submit" busy={busy} disabled={disabled}>
          {action}
        </Button>
        <Button onClick={onCancel}>Cancel</Button>
        {children}
      </div>
    </>
  )
}

/** Says what went wrong and what to do, with every fault that the API named. */
export function ProblemNote({
  problem,
  retry,
}: {
  readonly problem: Problem | undefined
  readonly retry?: () => void
}) {
  return (
    <div role="alert" class={problem ? 'note problem' : 'note-none'}>
      {problem && (
        <>
          <p>{problem.detail}</p>
          {problem.errors && (
            <ul>
              {problem.errors.slice(0, 50).map(({ message, line }) => (
                <li>{line === undefined ? message : `line ${line}: ${message}`}</li>
              ))}
            </ul>
          )}
          {retry && (
            <button type="button" class="button plain small" onClick={retry}>
              Try again
            </button>
          )}
        </>
      )}
    </div>
  )
}
