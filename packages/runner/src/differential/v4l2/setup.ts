// The recording machine: its memory, its devices, and the video nodes of README's section "Nodes".
import { ownValue } from '@dmalab/api'
import type { BufType, Driver, FrameFormat, Lab } from '@dmalab/api'
import { openM2mFile, openVideoFile, type VideoFile } from '@dmalab/videobuf2'
import { VIM2M_FORMATS, VIVID_FORMATS, type PixelFormats } from './formats.ts'

/** A video node of the recording machine. */
interface Node {
  readonly device: string
  /** Capture or output of a device that has a queue of each; or both in every file. */
  readonly side: 'capture' | 'output' | 'm2m'
  readonly formats: PixelFormats
  /** Its buffers have to be in one piece for the device. */
  readonly contiguous: boolean
}

const vivid = (device: string, contiguous: boolean): Record<'capture' | 'output', Node> => ({
  capture: { device, side: 'capture', formats: VIVID_FORMATS, contiguous },
  output: { device, side: 'output', formats: VIVID_FORMATS, contiguous },
})
const vim2m = (device: string, contiguous: boolean): Node => ({
  device,
  side: 'm2m',
  formats: VIM2M_FORMATS,
  contiguous,
})

const VIVID = vivid('vivid.0', true)
const VIVID_VMALLOC = vivid('vivid.1', false)
const VIVID_MPLANE = vivid('vivid.2', true)
const VIVID_VMALLOC_MPLANE = vivid('vivid.3', false)

const NODES: Readonly<Record<string, Node>> = {
  cap: VIVID.capture,
  out: VIVID.output,
  capv: VIVID_VMALLOC.capture,
  outv: VIVID_VMALLOC.output,
  capM: VIVID_MPLANE.capture,
  outM: VIVID_MPLANE.output,
  capvM: VIVID_VMALLOC_MPLANE.capture,
  outvM: VIVID_VMALLOC_MPLANE.output,
  m2m: vim2m('vim2m.0', false),
  m2mdc: vim2m('vim2mdc.0', true),
  m2msg: vim2m('vim2msg.0', false),
}

export const NODE_NAMES = Object.keys(NODES)

/** Must buffers be in one piece for the device behind a node? */
export const nodeIsContiguous = (name: string): boolean => ownValue(NODES, name)?.contiguous === true

const device = (name: string, driver: string) => ({
  name,
  class: 'other',
  driver,
  coherent: false,
  maskBits: 32,
  pools: [],
})

/** QEMU's virt board with 1 GiB, `cma=128M`, and platform devices without IOMMU. */
export const BOARD = {
  name: 'v4l2',
  title: 'QEMU virt with vivid and vim2m',
  arch: 'arm64',
  cpu: { lineSize: 64 },
  memory: [{ base: 0x4000_0000, len: 0x4000_0000 }],
  iommus: [],
  reserved: [
    {
      name: 'cma0',
      base: 0x7000_0000,
      len: 0x800_0000,
      compatible: 'shared-dma-pool',
      noMap: false,
      reusable: true,
      default: 'cma',
    },
  ],
  devices: [
    device('vivid.0', 'vivid-dma-contig'),
    device('vivid.1', 'vivid-vmalloc'),
    device('vivid.2', 'vivid-dma-contig-mplane'),
    device('vivid.3', 'vivid-vmalloc-mplane'),
    device('vim2m.0', 'vim2m'),
    device('vim2mdc.0', 'vim2m-dma-contig'),
    device('vim2msg.0', 'vim2m-dma-sg'),
  ],
}

/** An open file of a node, and the driver behind it. */
export interface OpenNode {
  readonly file: VideoFile
  readonly formats: PixelFormats
  readonly contiguous: boolean
  /** The node has begun to stream. */
  started(): void
  setFormat(type: BufType, format: FrameFormat): ReturnType<Driver['setFormat']>
}

/** The nodes of one boot. A vivid has its queues for as long as the boot lasts; a vim2m has two for each file. */
export class Nodes {
  private readonly lab: Lab
  private readonly lasting = new Map<string, Driver>()
  private readonly perFile = new Set<Driver>()

  constructor(lab: Lab) {
    this.lab = lab
    for (const { side, device: name } of Object.values(NODES))
      if (side !== 'm2m' && !this.lasting.has(name)) this.lasting.set(name, lab.open(lab.device(name)))
  }

  open(name: string): OpenNode {
    const node = ownValue(NODES, name)
    if (node === undefined) throw new Error(`there is no node ${name}`)
    const driver = node.side === 'm2m' ? this.lab.open(this.lab.device(node.device)) : this.lastingDriver(node.device)
    const { formats, contiguous } = node
    return {
      file: this.fileOf(node.side, driver),
      formats,
      contiguous,
      // The threads of vivid do a picture at once, and the next ones at their pace; vim2m takes its time for each.
      started: () => {
        if (node.side !== 'm2m') driver.work(1)
      },
      setFormat: (type, format) =>
        type.startsWith('VIDEO_OUTPUT') ? driver.setFormat(format, null) : driver.setFormat(null, format),
    }
  }

  /** Half a second passes: every device does what it can. */
  work(): void {
    for (const driver of [...this.lasting.values(), ...this.perFile]) driver.work()
  }

  private lastingDriver(name: string): Driver {
    const driver = this.lasting.get(name)
    if (driver === undefined) throw new Error(`there is no driver of ${name}`)
    return driver
  }

  private fileOf(side: Node['side'], driver: Driver): VideoFile {
    const { output, capture } = driver
    if (output === null || capture === null) throw new Error('the driver lacks a queue')
    if (side !== 'm2m') return openVideoFile((side === 'output' ? output : capture).v4l2)
    this.perFile.add(driver)
    return openM2mFile(output.v4l2, capture.v4l2, () => {
      this.perFile.delete(driver)
      driver.close()
    })
  }
}
