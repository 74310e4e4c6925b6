/** Records that went and came; a sign and a word say it as well as the colour. */
export function Diff({
  removed,
  added,
  cut = false,
}: {
  readonly removed: readonly string[]
  readonly added: readonly string[]
  /** There is more than is shown. */
  readonly cut?: boolean
}) {
  if (removed.length === 0 && added.length === 0) return <p class="quiet">Nothing was different.</p>
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section class="diff scrolls" aria-label="What is different" tabIndex={0}>
      <ul>
        {removed.map((line) => (
          <li class="gone" key={`-${line}`}>
            <span aria-hidden="true">−</span>
            <span class="unseen">removed:</span> <code>{line}</code>
          </li>
        ))}
        {added.map((line) => (
          <li class="new" key={`+${line}`}>
            <span aria-hidden="true">+</span>
            <span class="unseen">added:</span> <code>{line}</code>
          </li>
        ))}
      </ul>
      {cut && <p class="quiet">There is more than is shown here.</p>}
    </section>
  )
}
