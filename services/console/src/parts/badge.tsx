import type { ComponentChildren } from 'preact'

export type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'info'

/** A word that stands out; the colour only repeats what it says. */
export function Badge({
  tone = 'quiet',
  children,
}: {
  readonly tone?: Tone
  readonly children: ComponentChildren
}) {
  return <span class={`badge ${tone}`}>{children}</span>
}

/** NOERROR is good, unless nothing came of it; every other rcode is a refusal. */
export function OutcomeBadge({ outcome, reason }: { readonly outcome: string; readonly reason?: string }) {
  const tone = outcome !== 'NOERROR' ? 'bad' : reason === 'unchanged' ? 'quiet' : 'good'
  return <Badge tone={tone}>{outcome === 'NOERROR' && reason ? reason : outcome}</Badge>
}
