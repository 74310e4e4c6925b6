import type { ProtocolWriter } from './protocol-writer.ts'

/** How values of a type are written: in Postgres' binary form, which neither side has to put into text and read again. */
export interface WireType {
  /** 1 where values are written in binary form, 0 for text. */
  readonly format: 0 | 1
  /** With its length before it. Throws for a value that has no form of the type. */
  write(writer: ProtocolWriter, value: unknown): void
}

/** Microseconds since then are a time's binary form. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)

interface ScalarType {
  readonly oid: number
  readonly write: (writer: ProtocolWriter, value: unknown) => void
}

const SCALARS: Readonly<Record<string, ScalarType>> = {
  bigint: { oid: 20, write: (writer, value) => writer.int32(8).int64(number(value)) },
  int: { oid: 23, write: (writer, value) => writer.int32(4).int32(number(value)) },
  integer: { oid: 23, write: (writer, value) => writer.int32(4).int32(number(value)) },
  text: { oid: 25, write: (writer, value) => writer.text(text(value)) },
  bytea: { oid: 17, write: (writer, value) => octets(writer, value) },
  uuid: {
    oid: 2950,
    write: (writer, value) => octets(writer, uuid(value)),
  },
  timestamptz: {
    oid: 1184,
    write: (writer, value) => writer.int32(8).int64((time(value) - POSTGRES_EPOCH_MS) * 1_000),
  },
}

/** A value of a type that is not said: in text, as Postgres reads any. */
const TEXT: WireType = {
  format: 0,
  write: (writer, value) =>
    value instanceof Date ? writer.text(value.toISOString()) : writer.text(plain(value)),
}

const TYPES: ReadonlyMap<string, WireType> = new Map(
  Object.entries(SCALARS).flatMap(([name, type]): [string, WireType][] => [
    [name, { format: 1, write: type.write }],
    [`${name}[]`, { format: 1, write: (writer, value) => array(writer, type, value) }],
  ]),
)

/** The types of a statement's parameters, as its text casts them: `$1::bigint[]`. */
export function wireTypesOf(statement: string): readonly WireType[] {
  const types: WireType[] = []
  for (const [, number, name] of statement.matchAll(/\$(\d+)(?:::(\w+(?:\[\])?))?/g)) {
    const at = Number(number) - 1
    const type = TYPES.get(name ?? '') ?? TEXT
    types[at] = types[at] === undefined || types[at] === TEXT ? type : types[at]
  }
  return types
}

export function writeValue(writer: ProtocolWriter, type: WireType, value: unknown): void {
  if (value === null || value === undefined) writer.int32(-1)
  else type.write(writer, value)
}

/** Of one dimension. */
function array(writer: ProtocolWriter, { oid, write }: ScalarType, value: unknown): void {
  if (!Array.isArray(value)) throw new TypeError(`a ${typeof value} is no array`)
  const values = value as readonly unknown[]
  writer.measured(() => {
    writer
      .int32(values.length === 0 ? 0 : 1)
      .int32(1)
      .int32(oid)
    if (values.length > 0) writer.int32(values.length).int32(1)
    for (const one of values)
      if (one === null || one === undefined) writer.int32(-1)
      else write(writer, one)
  }, false)
}

function octets(writer: ProtocolWriter, value: unknown): void {
  if (!(value instanceof Uint8Array)) throw new TypeError(`a ${typeof value} is no octets`)
  writer.int32(value.length).octets(value)
}

function number(value: unknown): number {
  if (!Number.isInteger(value)) throw new TypeError(`${typeof value} ${String(value)} is no whole number`)
  return value as number
}

function uuid(value: unknown): Uint8Array {
  const read = Buffer.from(text(value).replaceAll('-', ''), 'hex')
  if (read.length !== 16) throw new TypeError(`'${text(value)}' is no UUID`)
  return read
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`a ${typeof value} is no text`)
  return value
}

function time(value: unknown): number {
  if (value instanceof Date) return value.getTime()
  return Date.parse(text(value))
}

function plain(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  throw new TypeError(`a ${typeof value} is no parameter of a statement`)
}
