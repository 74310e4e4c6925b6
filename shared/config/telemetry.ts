import { integer, oneOf, type Read, url } from './read.ts'

export const LOG_FORMATS = ['auto', 'json', 'text'] as const
export const UPDATE_LOGS = ['all', 'refused', 'none'] as const

/** Where traces go, by OTLP over HTTP. */
export interface TracingConfig {
  /** That takes traces: the endpoint with `/v1/traces`. */
  readonly url: string
  /** Share of updates and requests that are traced, 0 to 1. */
  readonly ratio: number
}

/** What zonelog tells of itself; see docs/monitoring.md. */
export interface TelemetryConfig {
  /** Zones that metrics call by name. */
  readonly metricZones: number
  readonly logFormat: (typeof LOG_FORMATS)[number]
  /** Of which updates the log has a line. */
  readonly logUpdates: (typeof UPDATE_LOGS)[number]
  /** Undefined: nothing is traced. */
  readonly tracing: TracingConfig | undefined
}

export const TELEMETRY_VARIABLES = {
  ZONELOG_LOG_FORMAT: {
    default: 'auto',
    what: 'json, text for people, or auto: text on a terminal, else json',
  },
  ZONELOG_LOG_UPDATES: {
    default: 'all',
    what: 'updates that get a line in the log of level info: all, refused (all but NOERROR) or none',
  },
  ZONELOG_METRIC_ZONES: {
    default: '50',
    what: 'zones that metrics call by name, the busiest; all others are counted together',
  },
  ZONELOG_OTLP_ENDPOINT: {
    default: 'OTEL_EXPORTER_OTLP_ENDPOINT, else none',
    what: 'where traces are sent by OTLP over HTTP, such as http://127.0.0.1:4318',
  },
  ZONELOG_TRACE_RATIO: { default: '1', what: 'share of updates and API requests that are traced, 0 to 1' },
} as const

const http = url('http:', 'https:')

/** OpenTelemetry's own variables, which its library reads too, as those of headers and certificates. */
const STANDARD_TRACES = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
const STANDARD = 'OTEL_EXPORTER_OTLP_ENDPOINT'

/** Reads the variables above through the reader of the whole configuration. */
export function readTelemetryConfig(
  value: <T>(
    name: keyof typeof TELEMETRY_VARIABLES | typeof STANDARD | typeof STANDARD_TRACES,
    read: Read<T>,
  ) => T | undefined,
): TelemetryConfig {
  const ours = value('ZONELOG_OTLP_ENDPOINT', http)
  const [standard, standardTraces] = [value(STANDARD, http), value(STANDARD_TRACES, http)]
  const traces = ours === undefined ? (standardTraces ?? under(standard)) : under(ours)
  const ratio = value('ZONELOG_TRACE_RATIO', share) ?? 1
  return {
    metricZones: value('ZONELOG_METRIC_ZONES', integer(1, 10_000)) ?? 50,
    logFormat: value('ZONELOG_LOG_FORMAT', oneOf(LOG_FORMATS)) ?? 'auto',
    logUpdates: value('ZONELOG_LOG_UPDATES', oneOf(UPDATE_LOGS)) ?? 'all',
    tracing: traces === undefined || ratio === 0 ? undefined : { url: traces, ratio },
  }
}

/** As OpenTelemetry makes it of an endpoint for all signals. */
function under(base: string | undefined): string | undefined {
  return base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/traces`
}

const share: Read<number> = (input) => {
  const ratio = Number(input)
  if (/^\d*\.?\d+$/.test(input) && ratio <= 1) return ratio
  throw new RangeError('a number from 0 to 1, such as 0.01')
}
