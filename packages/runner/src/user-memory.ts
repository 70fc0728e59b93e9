// Memory of a user-space task: allocated, written, compared and copied by the CPU, and told as its accesses.
import {
  type Content,
  type EventSink,
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

export type UserMemory = Pick<Lab, 'userAlloc' | 'userFree' | 'userWrite' | 'userCompare' | 'userCopy'>

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
    const [first] = userPieces(mapping, offset, size)
    sink.emit({
      event: 'cpu_access',
      task: 'user',
      write,
      virtAddr: '',
      physAddr: first?.at ?? mapping.phys,
      size,
      mapping: mapping.kind,
      buffer: owner,
      ...(wrong === undefined ? {} : { wrong }),
    })
  }

  return {
    userAlloc(len, owner, allocOptions = {}) {
      const pages = memory.takeContiguous(pageAlign(len), { ...allocOptions, owner })
      if (!pages.ok) return pages
      // A task never sees what a page held before.
      memory.hot.set('cpu', physOf(pages.value), pageAlign(len), 0)
      return ok({ phys: physOf(pages.value), len: pageAlign(len), kind: 'cached' })
    },
    userFree: (mapping) => memory.giveContiguous(pfnOf(mapping.phys), mapping.len),

    userWrite(mapping, content, len, owner, offset = 0) {
      for (const piece of userPieces(mapping, offset, len)) {
        if (content instanceof Uint8Array)
          hot.write(Memory.view(mapping.kind), piece.at, content.subarray(piece.done, piece.done + piece.len))
        else hot.fill(Memory.view(mapping.kind), piece.at, piece.len, content.seed, piece.done)
      }
      ledger.record(owner, { content, len })
      cpuAccess(mapping, offset, len, owner, true)
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
      const source = userPieces(from, 0, len)
      for (const target of userPieces(to, 0, len))
        for (const piece of source) {
          const start = Math.max(target.done, piece.done)
          const end = Math.min(target.done + target.len, piece.done + piece.len)
          if (start >= end) continue
          const read = phys(piece.at + (start - piece.done))
          const write = phys(target.at + (start - target.done))
          hot.copy(Memory.view(from.kind), read, Memory.view(to.kind), write, end - start)
        }
      const written = ledger.expected(owner.from)
      if (written !== undefined) ledger.record(owner.to, { content: written.content, len })
      cpuAccess(from, 0, len, owner.from, false)
      cpuAccess(to, 0, len, owner.to, true)
    },
  }
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
