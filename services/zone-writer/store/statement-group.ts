import type { PoolClient } from 'pg'
import { ProtocolWriter } from './protocol-writer.ts'
import { type WireType, wireTypesOf, writeValue } from './wire-value.ts'

/** What is run of a group: a statement of the commit path, or one without parameters, such as `begin`. */
export interface Grouped {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

export interface GroupResult {
  /** As Postgres says what it did: `INSERT`, `COMMIT`. */
  readonly command: string
  readonly rows: readonly Record<string, unknown>[]
}

/** So much of values goes into a group of statements; far below what a string can hold. */
const MOST_OCTETS = 256 * 2 ** 20

export interface GroupEnd {
  readonly results: readonly GroupResult[]
  /** Whether no transaction is open behind it. */
  readonly isOutside: boolean
}

/**
 * Runs statements one after another, sent in one write and answered in one: where pg has Postgres answer each, and wake us for it, they share one
 * synchronization. What comes after one that fails is not run. Outside a transaction they are one of their own, which has ended, well, when
 * this resolves. All values are put into their last form before anything is sent.
 */
export async function runGroup(
  client: PoolClient,
  statements: readonly Grouped[],
  limitMs: number,
): Promise<GroupEnd> {
  return await new Promise((resolve, reject) => {
    const group = new StatementGroup(client as unknown as PgClient, statements, (error, done) =>
      error ? reject(error) : resolve(done!),
    )
    client.query(Object.assign(group, { query_timeout: limitMs }))
  })
}

/**
 * Whether what is prepared on a connection is known, after a fault: where statements were new to it, some of them may be there and some not, for
 * preparing takes locks too, and can fail. Nothing more is to be run on a connection of which it is not known.
 */
export function isWellKnown(client: PoolClient): boolean {
  return !uncertain.has((client as unknown as PgClient).connection)
}

const uncertain = new WeakSet<PgConnection>()

/** Of a statement that was prepared on a connection. */
interface Prepared {
  readonly types: readonly WireType[]
  /** How its rows are read; undefined until it was run once. */
  reader: RowReader | undefined
}

type RowReader = (values: readonly (string | null)[]) => Record<string, unknown>

/** By connection: what is prepared goes with it. */
const preparedOn = new WeakMap<PgConnection, Map<string, Prepared>>()

/** As pg's client takes queries of other makes. */
class StatementGroup {
  private readonly client: PgClient
  private readonly statements: readonly Grouped[]
  private readonly prepared: Map<string, Prepared>
  private readonly octets: Uint8Array
  private readonly results: GroupResult[] = []
  private rows: Record<string, unknown>[] = []
  private hasFresh = false
  callback: (error: Error | null | undefined, done?: GroupEnd) => void

  constructor(client: PgClient, statements: readonly Grouped[], callback: StatementGroup['callback']) {
    this.client = client
    this.statements = statements
    this.callback = callback
    this.prepared = preparedOn.get(client.connection) ?? new Map()
    preparedOn.set(client.connection, this.prepared)
    this.octets = this.encode()
  }

  submit({ stream }: PgConnection): void {
    stream.write(this.octets)
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.current.reader = readerOf(fields, this.client)
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.rows.push(this.current.reader!(fields))
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    // one that gives no rows is not described again either
    this.current.reader ??= () => ({})
    this.results.push({ command: text.split(' ', 1)[0]!, rows: this.rows })
    this.rows = []
  }

  handleError(error: Error, connection: PgConnection): void {
    if (this.hasFresh) uncertain.add(this.client.connection)
    // pg has given it up, and would run the next beside it
    if (error.message === 'Query read timeout') connection.stream.destroy()
    this.callback(error)
  }

  /** Only now a transaction that the group ended, or was, has committed. */
  handleReadyForQuery(): void {
    this.callback(null, { results: this.results, isOutside: this.client.getTransactionStatus() === 'I' })
  }

  private get current(): Prepared {
    return this.prepared.get(this.statements[this.results.length]!.name)!
  }

  private encode(): Uint8Array {
    const writer = new ProtocolWriter(MOST_OCTETS)
    const fresh = new Map<string, Prepared>()
    for (const { name, text } of this.statements)
      if (!this.prepared.has(name) && !fresh.has(name)) {
        fresh.set(name, { types: wireTypesOf(text), reader: undefined })
        writer.message('P', () => writer.terminated(name).terminated(text).int16(0))
      }
    const described = new Set<Prepared>()
    for (const { name, values } of this.statements) {
      const prepared = this.prepared.get(name) ?? fresh.get(name)!
      writer.message('B', () => bind(writer, name, prepared.types, values))
      if (prepared.reader === undefined && !described.has(prepared))
        writer.message('D', () => writer.byte(0x50).byte(0))
      described.add(prepared)
      writer.message('E', () => writer.byte(0).int32(0))
    }
    writer.message('S', () => {})
    this.hasFresh = fresh.size > 0
    for (const [name, prepared] of fresh) this.prepared.set(name, prepared)
    return writer.finish()
  }
}

function bind(
  writer: ProtocolWriter,
  name: string,
  types: readonly WireType[],
  values: readonly unknown[],
): void {
  writer.byte(0).terminated(name).int16(types.length)
  for (const { format } of types) writer.int16(format)
  writer.int16(types.length)
  for (const [index, type] of types.entries()) writeValue(writer, type, values[index])
  // rows come as text, as pg's readers of types take them
  writer.int16(1).int16(0)
}

function readerOf(fields: readonly Field[], client: PgClient): RowReader {
  const readers = fields.map(({ name, dataTypeID }) => ({
    name,
    read: client.getTypeParser(dataTypeID, 'text'),
  }))
  return (values) => {
    const row: Record<string, unknown> = {}
    for (const [index, { name, read }] of readers.entries()) {
      const value = values[index]!
      row[name] = value === null ? null : read(value)
    }
    return row
  }
}

interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** Not in the types of pg. */
interface PgConnection {
  readonly stream: { write(octets: Uint8Array): unknown; destroy(): unknown }
}

interface PgClient {
  readonly connection: PgConnection
  /** `I` outside a transaction, as of the last synchronization. */
  getTransactionStatus(): string | null
  getTypeParser(oid: number, format: 'text'): (value: string) => unknown
}
