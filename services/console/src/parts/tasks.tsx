import { signal } from '@preact/signals'
import { type Problem, problemOf } from '../api/problem.ts'
import { Button } from './button.tsx'
import { ProblemNote } from './form.tsx'
import { CloseIcon } from './icons.tsx'

interface Task {
  readonly id: number
  readonly label: string
  /** From 0 to 1; undefined where nobody knows how far it is. */
  readonly share?: number
  readonly state: 'running' | 'done' | 'failed'
  readonly text?: string
  readonly problem?: Problem
}

const tasks = signal<readonly Task[]>([])
let last = 0

/**
 * Does something long while people go on: its progress stands at the foot of every page, and so does how it ended. `run` reports how far it
 * is, from 0 to 1, and resolves with what to say when it is done.
 */
export function startTask(
  label: string,
  run: (report: (share: number | undefined) => void) => Promise<string>,
): Promise<void> {
  const id = ++last
  tasks.value = [...tasks.value, { id, label, state: 'running' }]
  const change = (changes: Partial<Task>) => {
    tasks.value = tasks.value.map((task) => (task.id === id ? { ...task, ...changes } : task))
  }
  return run((share) => change(share === undefined ? { share: Number.NaN } : { share }))
    .then((text) => change({ state: 'done', text }))
    .catch((error) => change({ state: 'failed', problem: problemOf(error) }))
}

function forget(id: number): void {
  tasks.value = tasks.value.filter((task) => task.id !== id)
}

// a page that is closed ends what it sends
window.addEventListener('beforeunload', (event) => {
  if (tasks.value.some(({ state }) => state === 'running')) event.preventDefault()
})

export function Tasks() {
  if (tasks.value.length === 0) return null
  return (
    <section class="tasks" aria-label="Long work">
      {tasks.value.map((task) => (
        <TaskLine key={task.id} task={task} />
      ))}
    </section>
  )
}

function TaskLine({ task: { id, label, share, state, text, problem } }: { readonly task: Task }) {
  const known = share !== undefined && !Number.isNaN(share)
  return (
    <div class="task">
      <div class="title">
        <strong>{label}</strong>
        {state !== 'running' && (
          <Button small label={`Dismiss: ${label}`} onClick={() => forget(id)}>
            <CloseIcon />
          </Button>
        )}
      </div>
      {state === 'running' && <progress aria-label={label} {...(known ? { value: share, max: 1 } : {})} />}
      <p role="status">{state === 'running' ? 'You may go on meanwhile; keep this window open.' : text}</p>
      <ProblemNote problem={problem} />
    </div>
  )
}
