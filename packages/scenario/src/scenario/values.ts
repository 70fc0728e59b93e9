// What the fields of a scenario file hold: names, lengths, addresses, directions.
import { parseQuantity } from '@dmalab/machine'
import { z } from 'zod'

export const name = z
  .string()
  .regex(/^[A-Za-z][\w.-]*$/, 'expected a name: a letter, then letters, digits, "_", "-" or "."')

/** As the board has it, or as the kernel writes it: `codec.left`, `32e30000.dwe`, `0000:01:00.0`. */
export const deviceName = z
  .string()
  .regex(
    /^[A-Za-z\d][\w.,:@-]*$/,
    'expected the name of a device: a letter or digit, then letters, digits, or any of "_.,:@-"',
  )

const noLength = (written: unknown): string => {
  const expected = 'expected a length such as 4096, 0x1000 or 64KiB'
  if (written === undefined) return `missing: ${expected}`
  return `${expected}, not ${typeof written === 'number' ? String(written) : JSON.stringify(written)}`
}

/** Bytes, written as a number, `0x1000` or `64KiB`. */
export const bytes = z
  .union([z.int().nonnegative(), z.string()], { error: ({ input }) => noLength(input) })
  .transform((written, context) => {
    const value = parseQuantity(String(written))
    if (value !== undefined && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
    context.addIssue({ code: 'custom', message: noLength(written) })
    return z.NEVER
  })
export const positiveBytes = bytes.refine((length) => length > 0, 'expected a length of at least one byte')

export const index = z.int().min(0).max(1023)
export const nents = z.int().min(1).max(4096)
export const dir = z.enum(['TO_DEVICE', 'FROM_DEVICE', 'BIDIRECTIONAL'])
export const attrs = z.array(z.string())
