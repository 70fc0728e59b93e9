// How the recording program writes down what a call gave.
import { bufFlagNames, type KResult, type V4l2BufferInfo, type V4l2Memory } from '@dmalab/api'

const MEMORY_NUMBER: Readonly<Record<V4l2Memory, number>> = { MMAP: 1, USERPTR: 2, DMABUF: 4 }

const FLAG_TEXT: Readonly<Record<string, string>> = { TIMESTAMP_MONOTONIC: 'TS_MONO', TIMESTAMP_COPY: 'TS_COPY' }

export const hex = (value: number): string => `0x${value.toString(16)}`

/** `ok`, or the errno. */
export const plain = <T>(result: KResult<T>, text: (value: T) => string = () => 'ok'): string =>
  result.ok ? text(result.value) : result.errno

/** A buffer as user space gets it; `offsets`: with what mmap takes. */
export const bufferText = (
  { index, memory, flags, field, planes }: V4l2BufferInfo,
  { multiplanar, offsets }: { readonly multiplanar: boolean; readonly offsets: boolean },
): string => {
  const names = bufFlagNames(flags).map((name) => FLAG_TEXT[name] ?? name)
  const parts = planes.map(({ length, bytesused, dataOffset, m }) => {
    const after = multiplanar ? `:${dataOffset}` : ''
    return `p=${length}:${bytesused}${after}${offsets && memory === 'MMAP' ? `@${hex(m)}` : ''}`
  })
  const count = multiplanar ? [`planes=${planes.length}`] : []
  return [
    `ok index=${index} memory=${MEMORY_NUMBER[memory]} flags=${names.join('|')} field=${field}`,
    ...count,
    ...parts,
  ].join(' ')
}
