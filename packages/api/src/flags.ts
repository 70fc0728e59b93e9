// Directions and bit flags with the kernel's values. The one file of this package with bitwise operators.
import { COMMON_ATTRS } from './attrs.ts'

/** enum dma_data_direction. */
export const DIR = { BIDIRECTIONAL: 0, TO_DEVICE: 1, FROM_DEVICE: 2, NONE: 3 } as const
export type Direction = (typeof DIR)[keyof typeof DIR]
export const dirName = (dir: number): string =>
  Object.entries(DIR).find(([, value]) => value === dir)?.[0] ?? `0x${dir.toString(16)}`

export const has = (attrs: number, bit: number): boolean => (attrs & bit) !== 0

/** V4L2_BUF_FLAG_*: struct v4l2_buffer.flags, lowest bit first. */
export const BUF_FLAG = {
  MAPPED: 0x1,
  QUEUED: 0x2,
  DONE: 0x4,
  KEYFRAME: 0x8,
  PFRAME: 0x10,
  BFRAME: 0x20,
  ERROR: 0x40,
  IN_REQUEST: 0x80,
  TIMECODE: 0x100,
  M2M_HOLD_CAPTURE_BUF: 0x200,
  PREPARED: 0x400,
  NO_CACHE_INVALIDATE: 0x800,
  NO_CACHE_CLEAN: 0x1000,
  TIMESTAMP_MONOTONIC: 0x2000,
  TIMESTAMP_COPY: 0x4000,
  TSTAMP_SRC_SOE: 0x1_0000,
  LAST: 0x10_0000,
  REQUEST_FD: 0x80_0000,
} as const

/** Names of the bits that are set, lowest first. */
export const bufFlagNames = (flags: number): string[] =>
  Object.entries(BUF_FLAG).flatMap(([name, bit]) => (has(flags, bit) ? [name] : []))

/** V4L2_BUF_CAP_*: what REQBUFS and CREATE_BUFS say a queue can do. */
export const BUF_CAP = {
  MMAP: 0x1,
  USERPTR: 0x2,
  DMABUF: 0x4,
  REQUESTS: 0x8,
  ORPHANED_BUFS: 0x10,
  MMAP_CACHE_HINTS: 0x40,
  MAX_NUM_BUFFERS: 0x80,
  REMOVE_BUFS: 0x100,
} as const

/** O_ACCMODE and O_CLOEXEC of open(2), as EXPBUF takes them. */
export const EXPBUF_FLAGS = { ACCMODE: 3, CLOEXEC: 0o2000000 } as const

/**
 * Attribute bits as the kernel's trace events print them: names joined by `|`, left-over bits in hex, nothing for 0.
 * `extra` names bits beyond those that every release has known, as a release or a patch defines them.
 */
export const attrNames = (attrs: number, extra: Readonly<Record<string, number>> = {}): string => {
  const names: string[] = []
  let rest = attrs
  for (const [name, bit] of Object.entries({ ...COMMON_ATTRS, ...extra }))
    if ((rest & bit) !== 0) {
      names.push(name)
      rest &= ~bit
    }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`)
  return names.join('|')
}
