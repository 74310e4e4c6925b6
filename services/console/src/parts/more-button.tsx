import type { Pages } from '../api/use-pages.ts'
import { Button } from './button.tsx'

/** Below a list that goes on. */
export function MoreButton({ of: { more, loading } }: { readonly of: Pages<unknown> }) {
  if (more === undefined) return null
  return (
    <p>
      <Button busy={loading} onClick={more}>
        Show more
      </Button>
    </p>
  )
}
