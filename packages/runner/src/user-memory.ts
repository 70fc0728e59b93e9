// Memory of a user-space task: allocated, written, compared and copied by the CPU, and reported as its accesses.
import {
  type Content,
  type EventSink,
  hex,
  type KernelVaddr,
  type Lab,
  ok,
  pageAlign,
  PAGE_SIZE,
  pfnOf,
  phys,
  physOf,
  type UserMapping,
} from '@dmalab/api'
import { Memory } from '@dmalab/memory'
import type { KernelBytes, QueueHost } from '@dmalab/videobuf2'

type View = ReturnType<typeof Memory.view>

export type UserMemory = Pick<
  Lab,
  'userAlloc' | 'userClaim' | 'userFree' | 'userWrite' | 'userRead' | 'userCompare' | 'userCopy'
> &
  Pick<QueueHost, 'copyToUser' | 'copyFromUser'>

export const userMemory = (memory: Memory, sink: EventSink): UserMemory => {
  const { hot, ledger } = memory
  const cpuAccess = (
    mapping: UserMapping,
    offset: number,
    size: number,
    owner: string,
    write: boolean,
    wrong?: number,
  ): void => {
    const pieces = userPieces(mapping, offset, size)
    const [first] = pieces
    sink.emit({
      event: 'cpu_access',
      task: 'user',
      write,
      virtAddr: '',
      physAddr: first?.at ?? mapping.phys,
      size,
      mapping: mapping.kind,
      buffer: owner,
      ...runsOf(pieces),
      ...(wrong === undefined ? {} : { wrong }),
    })
  }

  const copy = (source: readonly UserPiece[], from: View, targets: readonly UserPiece[], to: View): void => {
    for (const target of targets)
      for (const piece of source) {
        const start = Math.max(target.done, piece.done)
        const end = Math.min(target.done + target.len, piece.done + piece.len)
        if (start >= end) continue
        hot.copy(from, phys(piece.at + (start - piece.done)), to, phys(target.at + (start - target.done)), end - start)
      }
  }
  /** `len` bytes of a kernel mapping, page by page. */
  const kernelPieces = (at: KernelVaddr, len: number): KernelPieces => {
    const pieces: UserPiece[] = []
    let kind: UserMapping['kind'] = 'cached'
    for (let done = 0; done < len;) {
      const found = memory.resolve((at + BigInt(done)) as KernelVaddr)
      if (found === undefined) throw new Error(`a buffer has no kernel mapping at ${hex(at + BigInt(done))}`)
      const part = Math.min(len - done, PAGE_SIZE - (found.phys % PAGE_SIZE))
      pieces.push({ at: found.phys, len: part, done })
      kind = found.kind
      done += part
    }
    return { pieces, kind, view: Memory.view(kind) }
  }
  /** A buffer that was written in parts, as the CPU knows it. */
  const bytesUpTo = ({ at, position }: KernelBytes, len: number): Uint8Array => {
    const bytes = new Uint8Array(position + len)
    const { pieces, view } = kernelPieces((at - BigInt(position)) as KernelVaddr, bytes.length)
    for (const piece of pieces) hot.read(view, piece.at, bytes.subarray(piece.done, piece.done + piece.len))
    return bytes
  }
  const kernelAccess = (bytes: KernelBytes, { pieces, kind }: KernelPieces, size: number, write: boolean): void =>
    sink.emit({
      event: 'cpu_access',
      task: 'user',
      write,
      virtAddr: hex(bytes.at),
      physAddr: pieces[0]?.at ?? 0,
      size,
      mapping: kind,
      buffer: bytes.owner,
      ...runsOf(pieces),
    })

  return {
    userAlloc(len, owner, allocOptions) {
      const options = allocOptions === undefined ? { owner } : { ...allocOptions, owner }
      const pages = memory.allocUser(pageAlign(len), options)
      if (!pages.ok) return pages
      // A task never sees what a page held before.
      memory.hot.set('cpu', physOf(pages.value), pageAlign(len), 0)
      return ok({ phys: physOf(pages.value), len: pageAlign(len), kind: 'cached' })
    },
    userClaim(at, len, owner) {
      const pages = memory.claim(at, len, owner)
      if (!pages.ok) return pages
      const start = physOf(pages.value)
      return ok({ phys: start, len: pageAlign(at - start + len), kind: 'cached' })
    },
    userFree: (mapping) => memory.freePages(pfnOf(mapping.phys), mapping.len),

    userWrite(mapping, content, len, owner, offset = 0) {
      for (const piece of userPieces(mapping, offset, len)) {
        if (content instanceof Uint8Array)
          hot.write(Memory.view(mapping.kind), piece.at, content.subarray(piece.done, piece.done + piece.len))
        else hot.fill(Memory.view(mapping.kind), piece.at, piece.len, content.seed, piece.done)
      }
      ledger.record(owner, { content, len })
      cpuAccess(mapping, offset, len, owner, true)
    },

    userRead(mapping, len, owner, offset = 0) {
      const bytes = new Uint8Array(len)
      for (const piece of userPieces(mapping, offset, len))
        hot.read(Memory.view(mapping.kind), piece.at, bytes.subarray(piece.done, piece.done + piece.len))
      cpuAccess(mapping, offset, len, owner, false)
      return bytes
    },

    userCompare(mapping, len, owner, expect) {
      const offset = expect?.offset ?? 0
      const content = expect?.content ?? ledger.expected(owner)?.content
      let wrong = 0
      for (const piece of userPieces(mapping, offset, len)) wrong += differences(hot, mapping, piece, content)
      cpuAccess(mapping, offset, len, owner, false, wrong)
      return { bytes: len, wrong }
    },

    userCopy(to, from, len, owner) {
      copy(userPieces(from, 0, len), Memory.view(from.kind), userPieces(to, 0, len), Memory.view(to.kind))
      const written = ledger.expected(owner.from)
      if (written !== undefined) ledger.record(owner.to, { content: written.content, len })
      cpuAccess(from, 0, len, owner.from, false)
      cpuAccess(to, 0, len, owner.to, true)
    },

    copyToUser(user, from, len) {
      const kernel = kernelPieces(from.at, len)
      copy(kernel.pieces, kernel.view, userPieces(user, 0, len), Memory.view(user.kind))
      const written = ledger.expected(from.owner)?.content
      if (written !== undefined && user.owner !== undefined)
        ledger.record(user.owner, { content: shifted(written, from.position), len })
      kernelAccess(from, kernel, len, false)
      cpuAccess(user, 0, len, user.owner ?? '', true)
    },

    copyFromUser(user, to, len) {
      const kernel = kernelPieces(to.at, len)
      copy(userPieces(user, 0, len), Memory.view(user.kind), kernel.pieces, kernel.view)
      const written = user.owner === undefined ? undefined : ledger.expected(user.owner)?.content
      if (to.position > 0) ledger.record(to.owner, { content: bytesUpTo(to, len), len: to.position + len })
      else if (written !== undefined) ledger.record(to.owner, { content: written, len })
      cpuAccess(user, 0, len, user.owner ?? '', false)
      kernelAccess(to, kernel, len, true)
    },
  }
}

/** What stands `by` bytes further on. */
const shifted = (content: Content | Uint8Array, by: number): Content | Uint8Array =>
  content instanceof Uint8Array ? content.subarray(by) : { ...content, offset: (content.offset ?? 0) + by }

interface KernelPieces {
  readonly pieces: readonly UserPiece[]
  readonly kind: UserMapping['kind']
  readonly view: View
}

interface UserPiece {
  readonly at: ReturnType<typeof phys>
  readonly len: number
  readonly done: number
}

/** `len` bytes of a user mapping, from `offset` on, as physically contiguous pieces. */
const userPieces = (mapping: UserMapping, offset: number, len: number): UserPiece[] => {
  const { pages } = mapping
  if (pages === undefined) return [{ at: phys(mapping.phys + offset), len, done: 0 }]
  const pieces: UserPiece[] = []
  const start = (mapping.phys % PAGE_SIZE) + offset
  for (let done = 0; done < len;) {
    const within = (start + done) % PAGE_SIZE
    const page = pages[Math.floor((start + done) / PAGE_SIZE)]
    if (page === undefined) throw new Error('a user mapping has a page for every byte')
    const part = Math.min(len - done, PAGE_SIZE - within)
    pieces.push({ at: physOf(page, within), len: part, done })
    done += part
  }
  return pieces
}

const differences = (
  hot: Memory['hot'],
  mapping: UserMapping,
  piece: UserPiece,
  content: Content | Uint8Array | undefined,
): number => {
  const view = Memory.view(mapping.kind)
  if (content === undefined) return 0
  if (!(content instanceof Uint8Array))
    return hot.compare(view, piece.at, piece.len, content.seed, (content.offset ?? 0) + piece.done).wrong
  const got = new Uint8Array(piece.len)
  hot.read(view, piece.at, got)
  return got.reduce((wrong, byte, i) => wrong + (byte === content[piece.done + i] ? 0 : 1), 0)
}

/** Pieces joined where they follow each other, for an event; nothing for memory in one piece. */
const runsOf = (pieces: readonly UserPiece[]): { readonly runs?: readonly { base: number; len: number }[] } => {
  const runs: { base: number; len: number }[] = []
  for (const { at, len } of pieces) {
    const last = runs.at(-1)
    if (last !== undefined && last.base + last.len === at) last.len += len
    else runs.push({ base: at, len })
  }
  return runs.length > 1 ? { runs } : {}
}
