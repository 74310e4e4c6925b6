import { useState } from 'preact/hooks'
import { addressOf } from '../../api/client.ts'
import { may } from '../../api/roles.ts'
import { Button } from '../../parts/button.tsx'
import { ImportDialog } from './import-dialog.tsx'

/** Zone files in and out. */
export function ZoneFileActions({
  zone,
  onImported,
}: {
  readonly zone: string
  readonly onImported: () => void
}) {
  const [importing, setImporting] = useState(false)
  return (
    <>
      {may('operator') && <Button onClick={() => setImporting(true)}>Import …</Button>}
      <a
        class="button plain"
        href={addressOf('GET /v1/zones/{name}/export', { path: { name: zone } })}
        download={`${zone}zone`}
      >
        Export
      </a>
      {importing && <ImportDialog zone={zone} onDone={onImported} onClose={() => setImporting(false)} />}
    </>
  )
}
