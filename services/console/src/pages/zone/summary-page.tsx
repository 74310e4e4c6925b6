import { useResource } from '../../api/use-resource.ts'
import { showZone } from '../../api/zones.ts'
import { Facts } from '../../parts/facts.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Section } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { ZoneFileActions } from './zone-file-actions.tsx'
import { ZoneFrame } from './zone-frame.tsx'

export function ZoneSummaryPage({ zone }: { readonly zone: string }) {
  const details = useResource(`zone ${zone}`, (signal) => showZone(zone, signal))
  return (
    <ZoneFrame zone={zone} actions={<ZoneFileActions zone={zone} onImported={details.reload} />}>
      <Loaded resource={details}>
        {({ serial, records, seq, rules, createdAt, types }) => (
          <Section title="Contents">
            <Facts
              facts={[
                ['Serial', serial],
                ['Records', records.toLocaleString()],
                ['Events', seq.toLocaleString()],
                ['Update rules', rules.length],
                ['Created', <Time key="created" at={createdAt} />],
                ['Types', Object.keys(types).join(', ')],
              ]}
            />
          </Section>
        )}
      </Loaded>
    </ZoneFrame>
  )
}
