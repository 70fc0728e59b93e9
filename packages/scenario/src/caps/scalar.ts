// Single values from text, as GStreamer deserializes them: for caps fields and for properties of core elements.
import { commonBits, ownValue } from '@dmalab/api'
import type { ScalarType } from './caps.ts'

/** The value's normal text, or undefined when `text` is not a value of the type. */
export const readScalar = (type: ScalarType, text: string): string | undefined => {
  switch (type) {
    case 'int':
      return readInteger(text, 32, true)
    case 'uint':
      return readInteger(text, 32, false)
    case 'int64':
      return readInteger(text, 64, true)
    case 'uint64':
      return readInteger(text, 64, false)
    case 'double':
    case 'float':
      return readDouble(text)
    case 'boolean':
      return readBoolean(text)
    case 'fraction':
      return readFraction(text)
    case 'flagset':
      return readFlagSet(text)
    case 'bitmask':
      return /^(0x)?[0-9a-f]{1,16}$/i.test(text)
        ? `0x${BigInt(`0x${text.replace(/^0x/i, '')}`)
            .toString(16)
            .padStart(16, '0')}`
        : undefined
    case 'string':
      return text
  }
}

const NAMED: Readonly<Record<string, bigint>> = { little_endian: 1234n, big_endian: 4321n, byte_order: 1234n }

/** strtoull with base 0; a value fits when its bits fit, whatever the sign. */
const readInteger = (text: string, bits: number, signed: boolean): string | undefined => {
  const [, sign = '', digits = ''] = /^[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+|[0-9]+)$/i.exec(text) ?? []
  const lower = text.toLowerCase()
  const named = ownValue(NAMED, lower) ?? limit(lower, bits, signed)
  if (digits === '' && named === undefined) return text === '' ? '0' : undefined
  const size = digits === '' ? (named ?? 0n) : parseDigits(digits)
  if (size === undefined) return undefined
  const value = sign === '-' ? -size : size
  const wide = 2n ** BigInt(bits)
  if (value >= wide || value < -wide / 2n) return undefined
  return String(signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value))
}

const limit = (name: string, bits: number, signed: boolean): bigint | undefined => {
  const top = 2n ** BigInt(signed ? bits - 1 : bits)
  if (name === 'max') return top - 1n
  return name === 'min' ? (signed ? -top : 0n) : undefined
}

const parseDigits = (digits: string): bigint | undefined => {
  if (!/^0[0-9]/.test(digits)) return BigInt(digits)
  return /^0[0-7]+$/.test(digits) ? BigInt(`0o${digits}`) : undefined
}

const readDouble = (text: string): string | undefined => {
  const lower = text.toLowerCase()
  if (lower === 'max' || lower === 'min') return printDouble(lower === 'max' ? Number.MAX_VALUE : -Number.MAX_VALUE)
  const fits = /^[ \t\n\v\f\r]*[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?)$/i.test(text)
  return fits ? printDouble(Number(text)) : undefined
}

/** C's %.17g. */
const printDouble = (value: number): string => {
  const [mantissa = '', exponent] = value.toPrecision(17).split('e')
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  if (exponent === undefined) return short
  return `${short}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`
}

const readBoolean = (text: string): string | undefined => {
  if (/^(true|t|yes|1)$/i.test(text)) return 'true'
  return /^(false|f|no|0)$/i.test(text) ? 'false' : undefined
}

const readFraction = (text: string): string | undefined => {
  const lower = text.toLowerCase()
  if (lower === 'max' || lower === 'min') return `${lower === 'max' ? '' : '-'}2147483647/1`
  const [, n = '', d = '1'] = /^([+-]?\d{1,10})(?:\/([+-]?\d{1,10}))?$/.exec(text) ?? []
  const [numerator, denominator] = [Number(n), Number(d)]
  if (n === '' || denominator === 0) return undefined
  const divisor = gcd(Math.abs(numerator), Math.abs(denominator)) * Math.sign(denominator)
  return `${numerator / divisor}/${denominator / divisor}`
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** `flags:mask`, both hexadecimal; flags outside the mask are dropped. */
const readFlagSet = (text: string): string | undefined => {
  const [, flags, mask] = /^(?:0x)?([0-9a-f]{1,8}):(?:0x)?([0-9a-f]{1,8})$/i.exec(text) ?? []
  if (flags === undefined || mask === undefined) return undefined
  return `${commonBits(Number(`0x${flags}`), Number(`0x${mask}`)).toString(16)}:${Number(`0x${mask}`).toString(16)}`
}
