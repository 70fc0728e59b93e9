// Device models: what a driver and its hardware do together.
import type { DmaBufCore } from './dma-buf.ts'
import type { DriverNode, KernelDriver } from './kernel-driver.ts'
import type { DmaMapping } from './dma-mapping.ts'
import type { DeviceClass } from './machine.ts'
import type { EventBody } from './events.ts'
import type { Content, DeviceBus, KernelMemory } from './memory.ts'
import type { Device } from './ops.ts'
import type { DriverQueue, QueueSetup, Vb2Queue } from './vb2.ts'
import type { KernelFacts } from './kernel-facts.ts'
import type { KResult } from './errno.ts'
import type { KernelVaddr } from './units.ts'

/** Pixels as the queues see them. */
export interface FrameFormat {
  readonly width: number
  readonly height: number
  /** Per plane: bytes of picture, bytes of the buffer (with the hardware's alignment), and bytes before the picture. */
  readonly planes: readonly { readonly payload: number; readonly size: number; readonly dataOffset?: number }[]
  /** enum v4l2_field of the pictures; NONE (progressive) unless given. */
  readonly field?: number
}

export interface DriverHost {
  readonly device: Device
  readonly kernel: KernelFacts
  /** The kernel driver of the device as the table of drivers has it; null where only the model is known. */
  readonly kernelDriver: KernelDriver | null
  /** Which of the device's nodes was opened; null: whichever there is. */
  readonly node: DriverNode['kind'] | null
  readonly dma: DmaMapping
  readonly dmaBuf: DmaBufCore
  /** Bus of this device, or of one of its memory-region children. */
  bus(device?: Device): DeviceBus
  /** Makes a queue with the named allocator. */
  createQueue(setup: QueueSetup): DriverQueue
  /** Seed of the pattern this device writes as its `frame`-th picture, plane `plane`. */
  contentSeed(frame: number, plane: number): number
  /** What was last written into the memory that `owner` names, by whatever device or task; undefined when nothing wrote. */
  expected(owner: string): Content | Uint8Array | undefined
  readonly mem: KernelMemory
  /** Pictures that the driver moves with the CPU, through a kernel mapping. Faults when nothing is mapped there. */
  readonly cpu: CpuCopy
  emit(event: EventBody): void
  call<T>(symbols: string | readonly string[], body: () => T): T
  printk(level: 'err' | 'warn' | 'info' | 'debug', text: string): void
}

export interface CpuCopy {
  /** Fills memory that `owner` names. */
  write(at: KernelVaddr, len: number, content: Content | Uint8Array, owner: string): void
  /** Compares; the value is how many bytes are wrong. */
  compare(at: KernelVaddr, len: number, expect: Content | Uint8Array | number, owner: string): number
}

/** A picture that reached its consumer: every byte compared. */
export interface Delivery {
  readonly frame: number
  readonly bytes: number
  readonly wrong: number
}

/** One open device. Queues it does not have are null. */
export interface Driver {
  /** User space feeds this one (m2m OUTPUT). */
  readonly output: Vb2Queue | null
  /** User space takes from this one. */
  readonly capture: Vb2Queue | null
  /** Frame buffers by dma-buf (DRM PRIME + ADDFB2 + page flip). */
  readonly display: DisplayPort | null
  /** S_FMT on each queue it has. */
  setFormat(output: FrameFormat | null, capture: FrameFormat | null): KResult<void>
  /**
   * The hardware works until it has nothing left to do, or until `most` pictures went through each queue; returns pictures read from
   * the OUTPUT side, compared.
   */
  work(most?: number): readonly Delivery[]
  close(): void
}

export interface DisplayPort {
  /** PRIME_FD_TO_HANDLE for each plane and ADDFB2. EINVAL, EFAULT ... */
  addFramebuffer(fds: readonly number[], format: FrameFormat): KResult<number>
  /** Scans the frame buffer out: reads and compares every byte. */
  flip(framebuffer: number, frame: number): KResult<Delivery>
  removeFramebuffer(framebuffer: number): void
}

export interface DriverDef {
  readonly name: string
  readonly source: string
  /** Device classes it serves when a board names no driver. */
  readonly classes: readonly DeviceClass[]
  /** Kinds of nodes of the table of drivers that it is the model of, where no driver has a model of its own. */
  readonly nodes?: readonly DriverNode['kind'][]
  /** dma_set_max_seg_size() at probe, bytes; absent: the driver leaves the 64 KiB that a device starts with. */
  readonly maxSegmentSize?: number
  /** Its name in kernel messages (struct device_driver); absent: `name`. */
  readonly kernelName?: string
  create(host: DriverHost): Driver
}
