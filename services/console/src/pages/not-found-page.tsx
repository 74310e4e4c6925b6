import { Page } from '../parts/page.tsx'

export function NotFoundPage() {
  return (
    <Page title="Nothing here">
      <p>
        No page has this address. Go to the <a href="/zones">zones</a>.
      </p>
    </Page>
  )
}
