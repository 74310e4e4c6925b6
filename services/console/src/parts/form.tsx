import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { type Problem, problemOf } from '../api/problem.ts'

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
