// The door for files: a blob that libfdt would refuse becomes an InputError with offset and reason.
import { InputError, hex } from '@dmalab/api'
import { parseFdt, type Fdt } from './parse.ts'

/** `hint`: what the bytes are instead. @throws InputError that names libfdt's error code, the offset in the blob and the reason */
export function readFdt(blob: Uint8Array, file: string, hint?: string): Fdt {
  const fdt = parseFdt(blob)
  if (fdt.ok) return fdt
  throw new InputError(
    `no valid device tree blob: ${fdt.code} at byte ${fdt.offset} (${hex(fdt.offset)}): ${fdt.reason}`,
    { file },
    hint ??
      (fdt.code === 'BADMAGIC'
        ? 'a compiled device tree (.dtb) is expected; sources (.dts) go through dtc'
        : undefined),
  )
}
