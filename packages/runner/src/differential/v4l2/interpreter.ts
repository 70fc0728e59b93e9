// Runs one program, command by command, on the nodes of its boot.
import { type BufTypeWish, EXPBUF_FLAGS, type Lab, PAGE_SIZE, pageAlign, type Qbuf } from '@dmalab/api'
import type { VideoFile } from '@dmalab/videobuf2'
import { bufferText, hex, plain } from './answers.ts'
import type { Command, QueueRef } from './commands.ts'
import { formatOf, type ToldFormat } from './formats.ts'
import type { Nodes, OpenNode } from './setup.ts'
import { Task } from './task.ts'

/** VIDEO_MAX_PLANES: how many planes user space has room for. */
const MAX_PLANES = 8

interface Handle {
  readonly node: OpenNode
  readonly formats: Map<BufTypeWish, ToldFormat>
}

export class Program {
  private readonly lab: Lab
  private readonly nodes: Nodes
  private readonly onePiece: ReadonlySet<number>
  private readonly handles = new Map<string, Handle>()
  private readonly task: Task
  /** STREAMON has succeeded: the program sleeps before it looks at buffers, and QBUF tells less. */
  private streamed = false

  /** `onePiece`: numbers of the steps whose memory has to be in one piece. */
  constructor(lab: Lab, nodes: Nodes, onePiece: ReadonlySet<number>) {
    this.lab = lab
    this.nodes = nodes
    this.onePiece = onePiece
    this.task = new Task(lab)
  }

  /** The answer to a command, as the recording program writes it. */
  run(step: number, command: Command): string {
    this.lab.mem.scattered = !this.onePiece.has(step)
    switch (command.op) {
      case 'open':
        this.handles.set(command.handle, { node: this.nodes.open(command.node), formats: new Map() })
        return 'ok'
      case 'close':
        return this.close(command.slot)
      case 'munmap':
        return this.task.munmap(command.slot)
      case 'user':
        return this.task.user(command, this.onePiece.has(step))
      case 'udmabuf':
        return this.task.udmabuf(command, this.onePiece.has(step))
      case 'memfd':
        return this.task.memfd(command, this.onePiece.has(step))
      case 'mmapfd':
        return this.task.mmapFd(command)
      case 'poll':
      case 'read':
      case 'write': {
        const handle = this.handles.get(command.handle)
        return handle === undefined ? 'skip' : this.onFile(handle.node, command)
      }
      default: {
        const handle = this.handles.get(command.at.handle)
        return handle === undefined ? 'skip' : this.onQueue(handle, command)
      }
    }
  }

  /** What is left goes: memory mappings, files, descriptors. */
  end(): void {
    this.task.unmapAll()
    for (const slot of this.handles.keys()) this.close(slot)
    this.task.end()
  }

  private onFile(node: OpenNode, command: Extract<Command, { op: 'poll' | 'read' | 'write' }>): string {
    const { file } = node
    switch (command.op) {
      case 'poll':
        this.sleep()
        return this.starting(node, () => ['ok', ...file.poll()].join(' '))
      case 'read':
        return this.starting(node, () => plain(file.read(command.len), (bytes) => `ok ${bytes}`))
      case 'write':
        return this.starting(node, () => plain(file.write(command.len), (bytes) => `ok ${bytes}`))
    }
  }

  /** A call that may start a stream, by STREAMON or behind read(2) and write(2). */
  private starting(node: OpenNode, call: () => string): string {
    const before = node.file.streaming
    const answer = call()
    if (!before && node.file.streaming) node.started()
    return answer
  }

  private onQueue(handle: Handle, command: Extract<Command, { readonly at: QueueRef }>): string {
    const { file } = handle.node
    const { type } = command.at
    switch (command.op) {
      case 'fmt':
        return this.setFormat(handle, command)
      case 'reqbufs': {
        const { memory, count, flags } = command
        const answer = file.reqbufs({ type, memory, count, flags })
        return plain(answer, (a) => `ok count=${a.count} caps=${hex(a.capabilities)} flags=${hex(a.flags)}`)
      }
      case 'create':
        return this.create(handle, command)
      case 'remove':
        this.sleep()
        return plain(file.removeBufs(type, command.index, command.count))
      case 'query':
        this.sleep()
        return plain(file.querybuf(type, command.index, MAX_PLANES), (info) =>
          bufferText(info, { multiplanar: isMultiplanar(type), offsets: true }),
        )
      case 'export':
        return this.export(file, command)
      case 'mmap':
        return this.mmap(file, command)
      case 'qbuf':
      case 'prepare':
        return this.queueBuffer(file, command)
      case 'dqbuf':
        this.sleep()
        return plain(file.dqbuf(type), ({ info }) =>
          bufferText(info, { multiplanar: isMultiplanar(type), offsets: false }),
        )
      case 'streamon': {
        this.sleep()
        return this.starting(handle.node, () => {
          const started = file.streamon(type)
          this.streamed ||= started.ok
          return plain(started)
        })
      }
      case 'streamoff':
        this.sleep()
        return plain(file.streamoff(type))
    }
  }

  /** Half a second of the machine's time, once there is anything that could happen in it. */
  private sleep(): void {
    if (this.streamed) this.nodes.work()
  }

  private setFormat({ node, formats }: Handle, command: Extract<Command, { op: 'fmt' }>): string {
    const { type } = command.at
    if (type === 'VIDEO_OVERLAY') return 'EINVAL'
    const told = formatOf(node.formats, command, type.startsWith('VIDEO_OUTPUT'))
    if (told === undefined) return `not modelled: pixel format ${command.fourcc}`
    const set = node.setFormat(type, told.format)
    if (set.ok) formats.set(type, told)
    return plain(set, () => told.text)
  }

  private create({ node, formats }: Handle, command: Extract<Command, { op: 'create' }>): string {
    const { type } = command.at
    const { memory, count, flags } = command
    const present = formats.get(type)?.format.planes.map(({ size }) => size) ?? []
    // As the recording program fills the format in: 0 keeps a size, 1 makes it zero.
    const sizes = present.map((size, p) => {
      const given = command.sizes[p] ?? 0
      return given === 0 ? size : given === 1 ? 0 : given
    })
    const answer = node.file.createBufs({ type, memory, count, flags, sizes })
    if (!answer.ok) return `${answer.errno} count=${count}`
    const { value } = answer
    return `ok index=${value.index} count=${value.count} caps=${hex(value.capabilities)} flags=${hex(value.flags)} max=${value.max}`
  }

  private export(file: VideoFile, command: Extract<Command, { op: 'export' }>): string {
    const { at, index, plane, flags, slot } = command
    return plain(file.expbuf(at.type, index, plane, flags), (fd) => {
      this.task.exported(slot, fd, flags % (EXPBUF_FLAGS.ACCMODE + 1))
      return `ok size=${plain(this.lab.dmaBuf.lseek(fd, 0, 'SEEK_END'), String)}`
    })
  }

  private mmap(file: VideoFile, command: Extract<Command, { op: 'mmap' }>): string {
    const { type } = command.at
    const info = file.querybuf(type, command.index, MAX_PLANES)
    if (!info.ok) return `query ${info.errno}`
    const { planes } = info.value
    // A single-planar buffer has one offset, whatever plane is asked for; behind the last plane the array is zero.
    const plane = planes[isMultiplanar(type) ? command.plane : 0]
    const len = command.len ?? plane?.length ?? 0
    if (len === 0) return 'EINVAL'
    // The recording program reads the union as an offset of 32 bits, whatever it holds.
    const offset = command.offset ?? (plane?.m ?? 0) % 2 ** 32
    if (offset % PAGE_SIZE !== 0) return 'EINVAL'
    const mapped = file.mmap(offset, pageAlign(len))
    return plain(mapped, (mapping) => {
      this.task.map(command.slot, mapping, () => file.munmap(mapping))
      return 'ok'
    })
  }

  private queueBuffer(file: VideoFile, command: Extract<Command, { op: 'qbuf' | 'prepare' }>): string {
    const { type } = command.at
    const { index, memory, flags, field, requestFd, planes } = command
    if (isMultiplanar(type) && planes.length > MAX_PLANES) return 'EINVAL'
    if (isMultiplanar(type) && planes.length > 0 && command.noPlanes) return 'EFAULT'
    const given: Qbuf = {
      index,
      memory,
      flags,
      field,
      ...(requestFd === null ? {} : { requestFd }),
      ...(command.noPlanes ? {} : { planes: planes.map((plane) => this.task.plane(plane, memory)) }),
    }
    const answer = command.op === 'qbuf' ? file.qbuf(type, given) : file.prepareBuf(type, given)
    return plain(answer, (info) =>
      command.op === 'qbuf' && this.streamed
        ? 'ok'
        : bufferText(info, { multiplanar: isMultiplanar(type), offsets: false }),
    )
  }

  private close(slot: string): string {
    const handle = this.handles.get(slot)
    if (handle === undefined) return this.task.close(slot)
    handle.node.file.close()
    this.handles.delete(slot)
    return 'ok'
  }
}

const isMultiplanar = (type: BufTypeWish): boolean => type.endsWith('_MPLANE')
