import { EmptyState } from '../../parts/empty-state.tsx'

export function Welcome() {
  return (
    <EmptyState title="Begin with a zone">
      <p>
        Nothing is served yet. <a href="/zones">Create a zone</a> here, or bring those that you have:{' '}
        <code>zonelog zone create NAME --file ZONEFILE</code>.
      </p>
    </EmptyState>
  )
}
