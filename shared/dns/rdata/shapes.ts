import { Type } from '../codes.ts'
import type { Field } from './field.ts'
import { foldedName, legacyName, name } from './names.ts'
import { moment, rrType, seconds, u16, u32, u8 } from './numbers.ts'

/** The fields of each type's RDATA, in order. A type that is not here is opaque (RFC 3597). */
export const SHAPES = new Map<number, readonly Field[]>([
  [Type.NS, [legacyName]],
  [Type.MD, [legacyName]],
  [Type.MF, [legacyName]],
  [Type.CNAME, [legacyName]],
  [Type.SOA, [legacyName, legacyName, u32, seconds, seconds, seconds, seconds]],
  [Type.MB, [legacyName]],
  [Type.MG, [legacyName]],
  [Type.MR, [legacyName]],
  [Type.PTR, [legacyName]],
  [Type.MINFO, [legacyName, legacyName]],
  [Type.MX, [u16, legacyName]],
  [Type.RP, [legacyName, legacyName]],
  [Type.AFSDB, [u16, legacyName]],
  [Type.RT, [u16, legacyName]],
  [Type.PX, [u16, legacyName, legacyName]],
  [Type.SRV, [u16, u16, u16, legacyName]],
])
void foldedName
void name
void moment
void rrType
void u8
