// A pipeline that a board can run, made of what its drivers offer: what to try first, and what to say when a line does not fit.
import {
  type Codec,
  type DeviceClass,
  type DeviceFacts,
  isVideoNode,
  type Machine,
  type VideoNode,
  type WorkInstead,
} from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'

/** Codecs in the order in which streams are common, each with a file of it and what parts and parses it. */
const STREAMS: readonly (readonly [codec: Codec, front: string])[] = [
  ['h264', 'filesrc location=a.mp4 ! qtdemux ! h264parse'],
  ['h265', 'filesrc location=a.mp4 ! qtdemux ! h265parse'],
  ['vp8', 'filesrc location=a.webm ! matroskademux'],
  ['vp9', 'filesrc location=a.webm ! matroskademux'],
  ['av1', 'filesrc location=a.mkv ! matroskademux ! av1parse'],
  ['mpeg2', 'filesrc location=a.ts ! tsdemux ! mpegvideoparse'],
  ['jpeg', 'filesrc location=a.jpg ! jpegparse'],
]

/** The driver without hardware that makes pictures, and shows them; it reaches 32 bits, and where no memory lies there the CPU works. */
const virtualFor = ({ memory }: Machine): string =>
  memory.some(({ base }) => base < 2 ** 32) ? 'vivid' : 'vivid-vmalloc'

/** Where a driver's buffers lie in pieces, only an IOMMU or a device that gathers joins them. */
interface Place {
  readonly text: string
  readonly pieces: boolean
  /** The device that --bind must name, for a driver without hardware. */
  readonly bind: Readonly<Record<string, string>>
}

/** Decoder or camera, converter, display: each that the board has; a virtual camera where nothing else makes pictures. */
export const lineForBoard = (machine: Machine): WorkInstead => {
  const virtual = virtualFor(machine)
  const maker = makerOf(machine)
  const source: Place = maker ?? { text: 'v4l2src io-mode=dmabuf', pieces: false, bind: { v4l2src: virtual } }
  const converter = converterAfter(machine, source)
  const last = converter ?? source
  const display = has(machine, 'display', 'kmssink', 'display') && !(last.pieces && needsOnePiece(machine))
  const hardware = maker !== undefined || converter !== undefined
  // Buffers of hardware may lie in pieces, which a device that no IOMMU is in front of refuses: user space reads those.
  const sink = display ? 'kmssink' : hardware ? 'fakesink' : 'v4l2sink io-mode=dmabuf-import'
  return {
    line: [source.text, ...(converter ? [converter.text] : []), sink].join(' ! '),
    bind: { ...source.bind, ...(display || hardware ? {} : { v4l2sink: virtual }) },
  }
}

const nodesOf = ({ devices }: Machine): readonly VideoNode[] =>
  devices.flatMap((device) => (kernelDriverOf(device)?.nodes ?? []).filter(isVideoNode))

const makerOf = (machine: Machine): Place | undefined => {
  const nodes = nodesOf(machine)
  for (const [codec, front] of STREAMS) {
    const node = nodes.find(({ kind, codecs }) => kind === 'decoder' && codecs.includes(codec))
    if (node === undefined) continue
    const element = node.stateless ? `v4l2sl${codec}dec` : `v4l2${codec}dec capture-io-mode=dmabuf`
    return { text: `${front} ! ${element}`, pieces: inPieces(node), bind: {} }
  }
  if (byClass(machine, 'codec', 'v4l2h264dec')) {
    const [[, front] = ['', '']] = STREAMS
    return { text: `${front} ! v4l2h264dec capture-io-mode=dmabuf`, pieces: false, bind: {} }
  }
  const camera = nodes.find(({ kind }) => kind === 'capture')
  if (camera === undefined && !byClass(machine, 'camera', 'v4l2src') && !byClass(machine, 'isp', 'v4l2src'))
    return undefined
  return { text: 'v4l2src io-mode=dmabuf', pieces: camera !== undefined && inPieces(camera), bind: {} }
}

const converterAfter = (machine: Machine, source: Place): Place | undefined => {
  const node = nodesOf(machine).find(({ kind }) => kind === 'converter')
  if (node === undefined && !byClass(machine, 'converter', 'v4l2convert')) return undefined
  const pieces = node !== undefined && inPieces(node)
  // A converter that wants one piece, behind one that gives pieces; and buffers that it cannot import at all.
  if (node && ((source.pieces && !pieces) || node.output?.memory.includes('DMABUF') !== true)) return undefined
  return { text: 'v4l2convert output-io-mode=dmabuf-import', pieces, bind: {} }
}

const inPieces = ({ capture }: VideoNode): boolean => capture?.allocator !== 'vb2-dma-contig'

const has = (machine: Machine, kind: 'display', factory: string, deviceClass: DeviceClass): boolean =>
  machine.devices.some((device) => kernelDriverOf(device)?.nodes.some((node) => node.kind === kind)) ||
  byClass(machine, deviceClass, factory)

/** A device that is known by its class alone, or that the board binds. */
const byClass = ({ devices, bindings }: Machine, kind: DeviceClass, factory: string): boolean =>
  devices.some(
    (device) => kernelDriverOf(device) === undefined && (device.class === kind || bindings[factory] === device.name),
  )

/** The display takes only what it sees in one piece, and no IOMMU joins pieces for it. */
const needsOnePiece = (machine: Machine): boolean => {
  const isOnePiece = (device: DeviceFacts): boolean =>
    (kernelDriverOf(device)?.nodes ?? []).some((node) => node.kind === 'display' && node.imports === 'contiguous') &&
    !machine.iommus.some(({ name, enabled }) => name === device.iommu && enabled)
  return machine.devices.some(isOnePiece)
}
