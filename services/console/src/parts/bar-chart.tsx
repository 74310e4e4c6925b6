export interface Series {
  readonly name: string
  readonly tone: 'good' | 'quiet' | 'bad' | 'warn' | 'info'
}

export interface Bar {
  readonly label: string
  /** More about it, on hover. */
  readonly about?: string
  /** One for each series. */
  readonly values: readonly number[]
}

const [WIDTH, HEIGHT] = [600, 140]

/** Stacked bars; what they say stands in a table as well. */
export function BarChart({
  label,
  series,
  bars,
}: {
  readonly label: string
  readonly series: readonly Series[]
  readonly bars: readonly Bar[]
}) {
  const most = Math.max(1, ...bars.map(({ values }) => sum(values)))
  const width = WIDTH / Math.max(1, bars.length)
  return (
    <figure class="chart">
      <figcaption>
        {series.map(({ name, tone }) => (
          <span class="chart-legend" key={name}>
            <span class={`chart-swatch ${tone}`} aria-hidden="true" /> {name}
          </span>
        ))}
        <span class="quiet">at most {most.toLocaleString()} a minute</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${label}; the table below says the same`}
      >
        {bars.map((bar, index) => (
          <g key={bar.label}>
            <title>{`${bar.label}${bar.about === undefined ? '' : ` (${bar.about})`}: ${series.map(({ name }, at) => `${bar.values[at]} ${name}`).join(', ')}`}</title>
            {stacked(bar.values, most).map(({ from, to }, at) => (
              <rect
                key={series[at]!.name}
                class={series[at]!.tone}
                x={index * width + width * 0.1}
                width={width * 0.8}
                y={HEIGHT - to}
                height={to - from}
              />
            ))}
          </g>
        ))}
        <line x1="0" x2={WIDTH} y1={HEIGHT - 0.5} y2={HEIGHT - 0.5} />
      </svg>
      <div class="axis" aria-hidden="true">
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
      <details>
        <summary>As a table</summary>
        <div class="scrolls">
          <table>
            <caption class="unseen">{label}</caption>
            <thead>
              <tr>
                <th scope="col">Minute</th>
                {series.map(({ name }) => (
                  <th scope="col" class="number" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bars
                .filter(({ values }) => sum(values) > 0)
                .map((bar) => (
                  <tr key={bar.label}>
                    <th scope="row" title={bar.about}>
                      {bar.label}
                    </th>
                    {bar.values.map((value, at) => (
                      <td class="number" key={series[at]!.name}>
                        {value.toLocaleString()}
                      </td>
                    ))}
                  </tr>
                ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}

function stacked(values: readonly number[], most: number): { from: number; to: number }[] {
  let height = 0
  return values.map((value) => {
    const from = height
    height += (value / most) * (HEIGHT - 4)
    return { from, to: height }
  })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
