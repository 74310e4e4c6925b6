import { useState } from 'preact/hooks'
import { type Asked, call } from '../../api/client.ts'
import { may } from '../../api/roles.ts'
import { useResource } from '../../api/use-resource.ts'
import { showZone } from '../../api/zones.ts'
import { Button } from '../../parts/button.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { DeleteZoneDialog } from './delete-zone-dialog.tsx'
import { LimitsForm } from './limits-form.tsx'
import { TransfersForm } from './transfers-form.tsx'
import { ZoneFrame } from './zone-frame.tsx'

/** Limits, serials, leases, transfers of a zone, and its end. */
export function ZoneSettingsPage({ zone }: { readonly zone: string }) {
  const details = useResource(`zone ${zone}`, (signal) => showZone(zone, signal))
  const [deleting, setDeleting] = useState(false)
  const [disabled, isNoAdmin] = [!may('operator'), !may('admin')]
  const change = async (body: Asked<'PATCH /v1/zones/{name}'>['body']) => {
    await call('PATCH /v1/zones/{name}', { path: { name: zone }, body })
    details.reload()
  }
  return (
    <ZoneFrame zone={zone}>
      <Loaded resource={details}>
        {({ name, settings, transfers }) => (
          <>
            {isNoAdmin && (
              <p class="note">
                {disabled
                  ? 'Your token may look at these settings; changing them needs the role operator.'
                  : 'Limits and catalogs are changed by the role admin; the rest by yours.'}
              </p>
            )}
            <div class="columns">
              <Section title="Serials and limits">
                <LimitsForm
                  settings={settings}
                  disabled={disabled}
                  limitsDisabled={isNoAdmin}
                  save={(settings) => change({ settings })}
                />
              </Section>
              <Section title="Transfers">
                <TransfersForm
                  transfers={transfers}
                  disabled={disabled}
                  catalogDisabled={isNoAdmin}
                  save={(transfers) => change({ transfers })}
                />
              </Section>
            </div>
            {!isNoAdmin && (
              <Section title="Delete the zone">
                <p>
                  Edges stop serving it at once. Its history stays, and the zone can be brought back from it.
                </p>
                <div>
                  <Button kind="danger" onClick={() => setDeleting(true)}>
                    Delete {name}
                  </Button>
                </div>
              </Section>
            )}
            {deleting && <DeleteZoneDialog zone={name} onClose={() => setDeleting(false)} />}
          </>
        )}
      </Loaded>
    </ZoneFrame>
  )
}
