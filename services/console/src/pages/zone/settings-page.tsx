import { useState } from 'preact/hooks'
import { call } from '../../api/client.ts'
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

/** Limits, serials, transfers of a zone, and its end. */
export function ZoneSettingsPage({ zone }: { readonly zone: string }) {
  const details = useResource(`zone ${zone}`, (signal) => showZone(zone, signal))
  const [deleting, setDeleting] = useState(false)
  const disabled = !may('admin')
  return (
    <ZoneFrame zone={zone}>
      <Loaded resource={details}>
        {({ name, settings, transfers }) => (
          <>
            {disabled && (
              <p class="note">Your token may look at these settings; changing them needs the role admin.</p>
            )}
            <div class="columns">
              <Section title="Serials and limits">
                <LimitsForm
                  settings={settings}
                  disabled={disabled}
                  save={(changes) =>
                    call('PATCH /v1/zones/{name}', { path: { name }, body: { settings: changes } })
                  }
                />
              </Section>
              <Section title="Transfers">
                <TransfersForm
                  transfers={transfers}
                  disabled={disabled}
                  save={(changes) =>
                    call('PATCH /v1/zones/{name}', { path: { name }, body: { transfers: changes } })
                  }
                />
              </Section>
            </div>
            {!disabled && (
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
