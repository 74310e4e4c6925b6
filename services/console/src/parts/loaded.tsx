import type { ComponentChildren } from 'preact'
import type { Resource } from '../api/use-resource.ts'
import { ProblemNote } from './form.tsx'

/** What was loaded, or that it is being loaded, or what went wrong and a button to try again. */
export function Loaded<T>({
  resource,
  children,
}: {
  readonly resource: Resource<T>
  readonly children: (value: T) => ComponentChildren
}) {
  const { value, problem, loading, reload } = resource
  return (
    <>
      <ProblemNote problem={problem} retry={reload} />
      {value === undefined
        ? loading && (
            <p class="loading" role="status">
              Loading …
            </p>
          )
        : children(value)}
    </>
  )
}
