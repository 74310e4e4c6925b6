import { existsSync, readFileSync } from 'node:fs'
import { hostname, totalmem } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { ACME_DNS_VARIABLES, type AcmeDnsConfig, readAcmeDnsConfig } from './config/acme-dns.ts'
import { ANSWER_VARIABLES, type AnswerConfig, readAnswerConfig } from './config/answers.ts'
import { API_VARIABLES, type ApiTls, readApiTls } from './config/api.ts'
import { databaseUrl as postgresUrl } from './config/database-url.ts'
import {
  HTTP_UPDATE_VARIABLES,
  type HttpUpdatesConfig,
  readHttpUpdatesConfig,
} from './config/http-updates.ts'
import { NATS_VARIABLES, type NatsAccess, readNatsAccess } from './config/nats.ts'
import {
  type Endpoint,
  endpoint,
  endpoints,
  integer,
  oneOf,
  publicKeys,
  type Read,
  Reader,
  text,
  url,
  yesOrNo,
} from './config/read.ts'
import { readTelemetryConfig, TELEMETRY_VARIABLES, type TelemetryConfig } from './config/telemetry.ts'
import { readWhoAsksConfig, WHO_ASKS_VARIABLES, type WhoAsksConfig } from './config/who-asks.ts'
import { masterKeyFrom } from './secrets/master-key-file.ts'
import type { MasterKeyPlace, MasterKeyPlaces } from './secrets/master-keys.ts'
import type { MasterKey } from './secrets/sealed.ts'
import { COMMAND_TTL_MS, MOST_COMMAND_TTL_MS } from './time-limits.ts'
import { NOTIFY_MODES, type NotifyMode } from './transfers/transfer-settings.ts'

/** The only module that reads the environment. Values are checked once, at start; every fault is listed in one error. */
export interface Config extends TelemetryConfig, WhoAsksConfig {
  /** Absolute path; everything zonelog keeps on this machine lies under it. */
  readonly dataDir: string
  /** Undefined when neither the variable nor a running `zonelog start` provides one. */
  readonly databaseUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly natsAccess: NatsAccess
  /** True when the URL came from the environment, so nothing embedded is to be started for it. */
  readonly externalDatabase: boolean
  readonly externalNats: boolean
  readonly dnsListen: readonly Endpoint[]
  /** Lets several edge processes bind the same addresses; the system spreads clients over them. */
  readonly dnsSharePort: boolean
  readonly answers: AnswerConfig
  readonly edgeHttpListen: Endpoint
  readonly httpUpdates: HttpUpdatesConfig
  /** Undefined where nobody may register for HTTP updates. */
  readonly acmeDns: AcmeDnsConfig | undefined
  /** Zones of which more servers are to be notified have no more of them notified by this edge. */
  readonly notify: NotifyMode
  /** NOTIFY messages in a second. */
  readonly notifyRate: number
  /** Whether an edge holds every zone from its start on, instead of those that it is asked for. */
  readonly edgePreload: boolean
  /** Memory that the zones of an edge may take, in MiB. */
  readonly edgeCacheMib: number
  /** How `zonelog start` has its edge go before the other services, as nice; 0 is as one of them. */
  readonly edgeNice: number
  readonly apiListen: Endpoint
  /** Undefined where the admin API speaks plain HTTP. */
  readonly apiTls: ApiTls | undefined
  /** An authority that the command line believes beside the system's: an absolute path. */
  readonly apiCa: string | undefined
  /** Requests of one token in a second; 0 is any. */
  readonly apiRate: number
  readonly apiUrl: string
  readonly apiToken: string | undefined
  /** True when the token came from the environment, not from the file. */
  readonly apiTokenGiven: boolean
  readonly apiTokenFile: string
  /** Where the keys are that open sealed secrets. */
  readonly masterKeys: MasterKeyPlaces
  readonly partitions: number
  readonly logLevel: LogLevel
  readonly edgeId: string
  readonly writerId: string
  /** How long a command may wait to be decided, in ms. */
  readonly commandTtlMs: number
  /** Updates of one identity that an edge has under way at a time. */
  readonly inFlightPerIdentity: number
  /** SIG(0) signatures that an edge verifies at a time. */
  readonly sig0Checks: number
  /** Replicas of streams and buckets: 1 on a single nats-server, 3 on a cluster. */
  readonly natsReplicas: number
  /** What the stream of events keeps; undefined where nothing was said. */
  readonly eventsKept: EventsKept
  /** Signs checkpoints of history; undefined where the writers make a key themselves. */
  readonly checkpointKeyFile: string | undefined
  /** Public keys that signed histories before, believed beside that key. */
  readonly checkpointFormerKeys: readonly string[]
  /** A checkpoint is due after so many events of a zone, or after so long when there is any, in ms. */
  readonly checkpointEvents: number
  readonly checkpointMs: number
  /** Share of its time that a writer may spend on verifying, in percent; 0 is never. */
  readonly verifyShare: number
}

/** 0 is without a limit. */
export interface EventsKept {
  readonly days: number | undefined
  readonly mib: number | undefined
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Every variable that zonelog knows, with its default and meaning, for `--help`, documents and tests. */
export const VARIABLES = {
  ZONELOG_DATA_DIR: { default: '.zonelog', what: 'where data, keys and logs of this machine live' },
  ZONELOG_DATABASE_URL: {
    default: 'embedded',
    what: 'Postgres of the writers, postgres://user:password@host:port/db; ?sslmode=verify-full for TLS',
  },
  ZONELOG_NATS_URL: {
    default: 'embedded',
    what: 'NATS with JetStream, nats://user:password@host:port, or tls://',
  },
  ...NATS_VARIABLES,
  ZONELOG_NATS_REPLICAS: { default: '1', what: 'replicas of each stream: 1, 3 or 5' },
  ZONELOG_EVENTS_DAYS: {
    default: '7',
    what: 'how long the stream of events in NATS keeps them, in days; 0 is for ever',
  },
  ZONELOG_EVENTS_MIB: { default: '1024', what: 'how many MiB that stream may take; 0 is any' },
  ZONELOG_DNS_LISTEN: {
    default: '127.0.0.1:5300',
    what: 'UDP and TCP addresses of the edge, comma-separated',
  },
  ZONELOG_DNS_SHARE_PORT: {
    default: 'no',
    what: 'yes: several edges of this machine may listen on the same addresses',
  },
  ZONELOG_EDGE_HTTP_LISTEN: {
    default: '127.0.0.1:8054',
    what: 'HTTP address of the edge: health, metrics and HTTP updates',
  },
  ...HTTP_UPDATE_VARIABLES,
  ...ACME_DNS_VARIABLES,
  ZONELOG_NOTIFY: {
    default: 'yes',
    what: 'whom the edge notifies at most: yes, explicit (only servers that zones name) or no',
  },
  ZONELOG_NOTIFY_RATE: {
    default: '100',
    what: "NOTIFY messages that an edge sends in a second at most, as BIND's notify-rate",
  },
  ZONELOG_EDGE_PRELOAD: {
    default: 'no',
    what: 'yes: an edge fetches all zones at its start; no: each when it is asked for',
  },
  ZONELOG_EDGE_CACHE_MIB: {
    default: 'half of the memory',
    what: 'memory that the zones of an edge may take, in MiB; those used least recently make room',
  },
  ZONELOG_EDGE_NICE: {
    default: '-10',
    what: 'how `zonelog start` has its edge go before writer, NATS and Postgres where processors are full and the system allows it (root, CAP_SYS_NICE): -20 to 0, as nice; 0: not',
  },
  ZONELOG_API_LISTEN: {
    default: '127.0.0.1:8053',
    what: 'HTTP address of the writer: admin API, health, metrics',
  },
  ZONELOG_API_URL: {
    default: 'from ZONELOG_API_LISTEN',
    what: 'the admin API that the command line talks to',
  },
  ZONELOG_API_TOKEN: { default: 'from the data directory', what: 'token of the admin API' },
  ZONELOG_MASTER_KEY_FILE: {
    default: 'master.key in the data directory',
    what: 'file of the key that opens the sealed TSIG secrets',
  },
  ZONELOG_MASTER_KEY: { default: 'from the file', what: 'that key itself, base64 or hex, instead of a file' },
  ZONELOG_NEXT_MASTER_KEY_FILE: {
    default: 'master.key.next beside it',
    what: 'file of the key that the secrets are to be sealed under next',
  },
  ZONELOG_NEXT_MASTER_KEY: { default: 'from the file', what: 'that key itself, instead of a file' },
  ZONELOG_PARTITIONS: {
    default: '16',
    what: 'partitions of the command stream; the same for every edge and writer',
  },
  ZONELOG_COMMAND_TTL_MS: {
    default: String(COMMAND_TTL_MS),
    what: `how long an update may wait to be decided, in ms, 500 to ${MOST_COMMAND_TTL_MS}`,
  },
  ZONELOG_SIG0_CHECKS: {
    default: '2',
    what: 'SIG(0) signatures that an edge verifies at a time, 1 to 64',
  },
  ZONELOG_CHECKPOINT_KEY_FILE: {
    default: 'made by the first writer',
    what: 'private Ed25519 key (PEM) that signs checkpoints of history',
  },
  ZONELOG_CHECKPOINT_FORMER_KEYS: {
    default: 'none',
    what: 'public keys that signed checkpoints and compactions before, and are believed; white space between them',
  },
  ZONELOG_CHECKPOINT_EVENTS: { default: '1000', what: 'events of a zone after which a checkpoint is signed' },
  ZONELOG_CHECKPOINT_SECONDS: {
    default: '600',
    what: 'time after which a zone that has new events gets a checkpoint',
  },
  ZONELOG_VERIFY_SHARE: {
    default: '10',
    what: 'percent of its time that a writer may spend on verifying zones in the background; 0 is never',
  },
  ZONELOG_IN_FLIGHT_PER_IDENTITY: {
    default: '2000',
    what: 'updates that one key, or one address without a key, may have under way at an edge',
  },
  ZONELOG_IGNORE: {
    default: 'none',
    what: 'names of variables that another version knows and this one is to ignore, comma-separated; a final * stands for any',
  },
  ZONELOG_LOG_LEVEL: { default: 'info', what: LOG_LEVELS.join(', ') },
  ...TELEMETRY_VARIABLES,
  ...WHO_ASKS_VARIABLES,
  ZONELOG_EDGE_ID: { default: 'host name and process id', what: 'name of this edge in events and metrics' },
  ...ANSWER_VARIABLES,
  ...API_VARIABLES,
  ZONELOG_WRITER_ID: { default: 'host name and process id', what: 'name of this writer in logs and metrics' },
} as const satisfies Record<`ZONELOG_${string}`, { default: string; what: string }>

export type Variable = keyof typeof VARIABLES

/** A configuration that cannot be used; `message` lists every fault, one a line. */
export class ConfigError extends Error {}

/** What `zonelog start` leaves for processes started by hand beside it. */
interface RunningServers {
  readonly databaseUrl?: string
  readonly natsUrl?: string
}

/** Reads and checks the whole configuration. Throws one {@link ConfigError} that names every fault. */
export function loadConfig(
  environment: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd(),
): Config {
  const reader = new Reader(environment, VARIABLES)
  const value = <T>(name: Variable, read: Read<T>): T | undefined => reader.read(name, read)

  const dataDir = absolute(value('ZONELOG_DATA_DIR', text) ?? VARIABLES.ZONELOG_DATA_DIR.default, cwd)
  const databaseUrl = value('ZONELOG_DATABASE_URL', postgresUrl)
  const natsUrl = value('ZONELOG_NATS_URL', url('nats:', 'tls:'))
  const running = runningServers(dataDir)
  const apiListen = value('ZONELOG_API_LISTEN', endpoint) ?? { host: '127.0.0.1', port: 8053 }
  const apiTls = readApiTls(reader, (path) => absolute(path, cwd))
  const apiCa = value('ZONELOG_API_CA', text)
  const apiToken = value('ZONELOG_API_TOKEN', text)
  const apiTokenFile = join(dataDir, 'api-token')
  const masterKeys = masterKeyPlaces(reader, dataDir, cwd)
  const keyFile = value('ZONELOG_CHECKPOINT_KEY_FILE', text)
  const config: Config = {
    dataDir,
    databaseUrl: databaseUrl ?? running.databaseUrl,
    natsUrl: natsUrl ?? running.natsUrl,
    natsAccess: readNatsAccess(reader, natsUrl, (path) => absolute(path, cwd)),
    externalDatabase: databaseUrl !== undefined,
    externalNats: natsUrl !== undefined,
    dnsListen: value('ZONELOG_DNS_LISTEN', endpoints) ?? [{ host: '127.0.0.1', port: 5300 }],
    dnsSharePort: value('ZONELOG_DNS_SHARE_PORT', yesOrNo) ?? false,
    answers: readAnswerConfig(value, (path) => absolute(path, cwd)),
    ...readTelemetryConfig((name, read) => reader.read(name, read)),
    ...readWhoAsksConfig(value),
    edgeHttpListen: value('ZONELOG_EDGE_HTTP_LISTEN', endpoint) ?? { host: '127.0.0.1', port: 8054 },
    httpUpdates: readHttpUpdatesConfig(
      value,
      (path) => absolute(path, cwd),
      (text) => reader.faults.push(text),
    ),
    acmeDns: readAcmeDnsConfig(value),
    notify: value('ZONELOG_NOTIFY', oneOf(NOTIFY_MODES)) ?? 'yes',
    notifyRate: value('ZONELOG_NOTIFY_RATE', integer(1, 100_000)) ?? 100,
    edgePreload: value('ZONELOG_EDGE_PRELOAD', yesOrNo) ?? false,
    edgeCacheMib: value('ZONELOG_EDGE_CACHE_MIB', integer(1, 1_048_576)) ?? halfOfMemory(),
    edgeNice: value('ZONELOG_EDGE_NICE', integer(-20, 0)) ?? -10,
    apiListen,
    apiTls,
    apiCa: apiCa === undefined ? undefined : absolute(apiCa, cwd),
    apiRate: value('ZONELOG_API_RATE', integer(0, 1_000_000)) ?? 200,
    apiUrl:
      value('ZONELOG_API_URL', url('http:', 'https:')) ??
      `${apiTls === undefined ? 'http' : 'https'}://${reachable(apiListen)}`,
    apiToken: apiToken ?? firstLine(apiTokenFile),
    apiTokenGiven: apiToken !== undefined,
    apiTokenFile,
    masterKeys,
    partitions: value('ZONELOG_PARTITIONS', integer(1, 256)) ?? 16,
    logLevel: value('ZONELOG_LOG_LEVEL', oneOf(LOG_LEVELS)) ?? 'info',
    edgeId: value('ZONELOG_EDGE_ID', processName) ?? defaultId(),
    writerId: value('ZONELOG_WRITER_ID', processName) ?? defaultId(),
    inFlightPerIdentity: value('ZONELOG_IN_FLIGHT_PER_IDENTITY', integer(1, 10_000)) ?? 2_000,
    commandTtlMs: value('ZONELOG_COMMAND_TTL_MS', integer(500, MOST_COMMAND_TTL_MS)) ?? COMMAND_TTL_MS,
    sig0Checks: value('ZONELOG_SIG0_CHECKS', integer(1, 64)) ?? 2,
    eventsKept: {
      days: value('ZONELOG_EVENTS_DAYS', integer(0, 100_000)),
      mib: value('ZONELOG_EVENTS_MIB', integer(0, 1 << 30)),
    },
    checkpointKeyFile: keyFile === undefined ? undefined : absolute(keyFile, cwd),
    checkpointFormerKeys: value('ZONELOG_CHECKPOINT_FORMER_KEYS', publicKeys) ?? [],
    checkpointEvents: value('ZONELOG_CHECKPOINT_EVENTS', integer(1, 1_000_000)) ?? 1_000,
    checkpointMs: (value('ZONELOG_CHECKPOINT_SECONDS', integer(1, 86_400)) ?? 600) * 1_000,
    verifyShare: value('ZONELOG_VERIFY_SHARE', integer(0, 90)) ?? 10,
    natsReplicas: Number(value('ZONELOG_NATS_REPLICAS', oneOf(['1', '3', '5'])) ?? 1),
  }
  if (reader.faults.length > 0) throw new ConfigError(`wrong configuration:\n  ${reader.faults.join('\n  ')}`)
  return config
}

/** The URL, or one clear error that says how to get one. */
export function requireUrl(
  found: string | undefined,
  variable: 'ZONELOG_DATABASE_URL' | 'ZONELOG_NATS_URL',
): string {
  if (found !== undefined) return found
  throw new ConfigError(
    `${variable} is not set, and no \`zonelog start\` runs on this data directory to take it from`,
  )
}

/** The next key's file lies beside the present one's, unless that has none. */
function masterKeyPlaces(reader: Reader, dataDir: string, cwd: string): MasterKeyPlaces {
  const place = (variable: Variable, fileVariable: Variable, byDefault: string): MasterKeyPlace => {
    const key = reader.read(variable, masterKey)
    const file = reader.read(fileVariable, text)
    if (key !== undefined && file !== undefined)
      reader.faults.push(`${variable} and ${fileVariable} are both set: leave one of them out`)
    if (key !== undefined) return { kind: 'variable', key, variable }
    return { kind: 'file', file: absolute(file ?? byDefault, cwd), variable: fileVariable }
  }
  const present = place('ZONELOG_MASTER_KEY', 'ZONELOG_MASTER_KEY_FILE', join(dataDir, 'master.key'))
  const beside = present.kind === 'file' ? present.file : join(dataDir, 'master.key')
  return {
    present,
    next: place('ZONELOG_NEXT_MASTER_KEY', 'ZONELOG_NEXT_MASTER_KEY_FILE', `${beside}.next`),
  }
}

function masterKey(input: string): MasterKey {
  const key = masterKeyFrom(input)
  if (key !== undefined) return key
  throw new RangeError('32 octets as base64 or hex (openssl rand -base64 32)')
}

/** Of this machine or container, in MiB. */
function halfOfMemory(): number {
  const allowed = process.constrainedMemory()
  const octets = allowed > 0 ? Math.min(allowed, totalmem()) : totalmem()
  return Math.max(16, Math.floor(octets / 2 / 2 ** 20))
}

function absolute(path: string, cwd: string): string {
  return isAbsolute(path) ? path : resolve(cwd, path)
}

function runningServers(dataDir: string): RunningServers {
  const file = join(dataDir, 'run.json')
  if (!existsSync(file)) return {}
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunningServers
  } catch {
    return {} // unreadable or half written: as if nothing ran; the variables still work
  }
}

function firstLine(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** Where a client on this machine reaches a listener that may be bound to every address. */
function reachable({ host, port }: Endpoint): string {
  const to = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return to.includes(':') ? `[${to}]:${port}` : `${to}:${port}`
}

/** NATS subjects and durable names are made of it. */
function processName(input: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(input)) return input
  throw new RangeError('1 to 64 letters, digits, - or _')
}

function defaultId(): string {
  return `${hostname()
    .replaceAll(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 40)}-${process.pid}`
}
