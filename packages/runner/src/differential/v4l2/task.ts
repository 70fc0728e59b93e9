// What the program's task has besides open nodes: descriptors, mapped memory, and where in its address space that lies.
import { type DmaBuf, type Lab, pageAlign, type QbufPlane, type UserMapping, type V4l2MemoryWish } from '@dmalab/api'
import { createUdmabuf } from '@dmalab/dma-buf'
import { plain } from './answers.ts'
import type { Command, PlaneGiven } from './commands.ts'
import { TaskPages } from './task-pages.ts'
import { UserSpace } from './user-space.ts'

/** O_RDWR. */
const RDWR = 2

/** What a slot for descriptors holds. */
type Descriptor =
  | { readonly kind: 'dma-buf'; readonly fd: number; readonly access: number }
  | { readonly kind: 'memfd'; readonly memory: UserMapping }

/** What a slot for memory holds. */
interface Mapped {
  readonly at: number
  unmap(): void
}

export class Task {
  private readonly lab: Lab
  private readonly pages: TaskPages
  private readonly descriptors = new Map<string, Descriptor>()
  private readonly memory = new Map<string, Mapped>()
  private readonly space = new UserSpace()

  constructor(lab: Lab) {
    this.lab = lab
    this.pages = new TaskPages(lab)
  }

  /** A plane as QBUF gets it. */
  plane({ where, length, bytesused, dataOffset }: PlaneGiven, memory: V4l2MemoryWish): QbufPlane {
    const given = { length, bytesused, dataOffset }
    if (memory === 'DMABUF') {
      const descriptor = where.kind === 'slot' ? this.descriptors.get(where.slot) : undefined
      return { ...given, fd: descriptor?.kind === 'dma-buf' ? descriptor.fd : -1 }
    }
    if (memory !== 'USERPTR') return given
    return { ...given, user: this.space.from(this.addressOf(where), length) }
  }

  private addressOf(where: PlaneGiven['where']): number {
    if (where.kind === 'number') return where.value
    if (where.kind !== 'slot') return 0
    const slot = this.memory.get(where.slot)
    return slot === undefined ? 0 : slot.at + where.offset
  }

  user(command: Extract<Command, { op: 'user' }>, onePiece: boolean): string {
    const pages = this.pages.pages(command.size, onePiece)
    const how = { readOnly: command.kind === 'ro', hole: command.kind === 'hole' }
    this.map(command.slot, pages, () => undefined, how)
    return 'ok'
  }

  udmabuf({ slot, size }: Extract<Command, { op: 'udmabuf' }>, onePiece: boolean): string {
    return plain(createUdmabuf(this.lab.allocatorHost, this.pages.pages(size, onePiece), slot), (fd) => {
      this.descriptors.set(slot, { kind: 'dma-buf', fd, access: RDWR })
      return 'ok'
    })
  }

  /** mmap(2) of a descriptor, shared, for reading and writing. */
  mmapFd({ slot, fd, len }: Extract<Command, { op: 'mmapfd' }>): string {
    const descriptor = this.descriptors.get(fd)
    if (descriptor === undefined) return 'EBADF'
    if (descriptor.kind === 'memfd') {
      const { memory } = descriptor
      this.map(slot, { ...memory, len: Math.min(memory.len, pageAlign(len)) }, () => undefined)
      return 'ok'
    }
    if (descriptor.access !== RDWR) return 'EACCES'
    const found = this.lab.dmaBuf.get(descriptor.fd)
    if (!found.ok) return found.errno
    const mapped = this.mapDmaBuf(found.value, pageAlign(len), slot)
    this.lab.dmaBuf.put(found.value)
    return mapped
  }

  private mapDmaBuf(dmabuf: DmaBuf, len: number, slot: string): string {
    return plain(this.lab.dmaBuf.mmap(dmabuf, { pgoff: 0, len }), (mapping) => {
      this.map(slot, mapping, () => this.lab.dmaBuf.munmap(dmabuf))
      return 'ok'
    })
  }

  memfd({ slot, size }: Extract<Command, { op: 'memfd' }>, onePiece: boolean): string {
    this.descriptors.set(slot, { kind: 'memfd', memory: this.pages.pages(size, onePiece) })
    return 'ok'
  }

  /** EXPBUF gave a descriptor. */
  exported(slot: string, fd: number, access: number): void {
    this.descriptors.set(slot, { kind: 'dma-buf', fd, access })
  }

  /** Memory that mmap(2) gave; `unmap` is what munmap(2) does beside. */
  map(slot: string, mapping: UserMapping, unmap: () => void, how: Parameters<UserSpace['map']>[1] = {}): void {
    const at = this.space.map(mapping, how)
    this.memory.set(slot, {
      at,
      unmap: () => {
        this.space.unmap(at)
        unmap()
      },
    })
  }

  close(slot: string): string {
    const descriptor = this.descriptors.get(slot)
    if (descriptor === undefined) return 'skip'
    if (descriptor.kind === 'dma-buf') this.lab.dmaBuf.close(descriptor.fd)
    this.descriptors.delete(slot)
    return 'ok'
  }

  munmap(slot: string): string {
    const mapped = this.memory.get(slot)
    if (mapped === undefined) return 'skip'
    mapped.unmap()
    this.memory.delete(slot)
    return 'ok'
  }

  unmapAll(): void {
    for (const slot of this.memory.keys()) this.munmap(slot)
  }

  end(): void {
    for (const slot of this.descriptors.keys()) this.close(slot)
    this.pages.free()
  }
}
