// What an element asks of a driver, by the element's name, and which nodes of a driver have it.
import { type Codec, CODECS, type DeviceFacts, type DriverNode, isVideoNode, type VideoNode } from '@dmalab/api'
import { kernelDriverOf, offersOf } from '@dmalab/machine'

export interface Need {
  /** Kinds of node that can do it, best first. */
  readonly kinds: readonly DriverNode['kind'][]
  /** null: any. */
  readonly codec: Codec | null
  readonly stateless: boolean
  /** `V4L2`, or what a vendor's library calls. */
  readonly interface: string
  /** `decodes h264 (stateful)`, to go behind "a driver that". */
  readonly words: string
}

const need = (words: string, kinds: Need['kinds'], more: Partial<Need> = {}): Need => ({
  codec: null,
  stateless: false,
  interface: 'V4L2',
  words,
  kinds,
  ...more,
})

/** Elements and the codec that GStreamer means where it has another name. */
const ALIASES: Readonly<Record<string, Codec>> = { hevc: 'h265', mpeg: 'mpeg2', wmv: 'vc1' }
const codecOf = (name: string): Codec | null => ALIASES[name] ?? CODECS.find((codec) => codec === name) ?? null

const STATELESS = /^v4l2sl(?:video\d+)?([a-z0-9]+)dec$/
const DECODER = /^v4l2(?:video\d+)?([a-z0-9]*)dec$/
const ENCODER = /^v4l2(?:video\d+)?([a-z0-9]*)enc$/

/** Models: GStreamer 1.22 sys/v4l2/gstv4l2.c: gst_v4l2_probe_and_register; sys/v4l2codecs/plugin.c: register_video_decoder */
const RULES: readonly (readonly [RegExp, (name: string) => Need])[] = [
  [STATELESS, (name) => need(`decodes ${name} (stateless)`, ['decoder'], { codec: codecOf(name), stateless: true })],
  [
    DECODER,
    (name) =>
      need(name === '' ? 'decodes (stateful)' : `decodes ${name} (stateful)`, ['decoder'], { codec: codecOf(name) }),
  ],
  [ENCODER, (name) => need(name === '' ? 'encodes' : `encodes ${name}`, ['encoder'], { codec: codecOf(name) })],
  [/^v4l2(?:video\d+)?convert$/, () => need('converts pictures from memory to memory', ['converter'])],
  [/^(?:v4l2src|libcamerasrc)$/, () => need('captures pictures', ['capture'])],
  [/^v4l2sink$/, () => need('puts pictures out', ['output'])],
  [/^kmssink$/, () => need('shows frame buffers', ['display'])],
  [
    /^(?:waylandsink|gl[a-z]*sink(?:elem)?|gtkglsink|gtkwaylandsink|qml[a-z0-9]*sink)$/,
    () => need('renders or shows', ['gpu', 'display']),
  ],
  [/^mpp/, () => need("offers Rockchip's MPP service", [], { interface: 'MPP' })],
  [/^(?:vpudec|vpuenc_|imxvpu)/, () => need("offers NXP's VPU library its device", [], { interface: 'VPU library' })],
  [
    /^imx[a-z0-9]*(?:videoconvert|videotransform)/,
    () => need("offers NXP's 2D library its device", [], { interface: 'G2D library' }),
  ],
  [/^omx/, () => need('offers OpenMAX IL', [], { interface: 'OpenMAX IL' })],
  [/^nv(?:v4l2|vidconv)/, () => need("offers NVIDIA's multimedia API", [], { interface: 'NVIDIA multimedia' })],
  [/^rga/, () => need("offers Rockchip's RGA library its device", [], { interface: 'librga' })],
]

/** undefined: nothing of a driver, or nothing that is known. */
export const needOf = (factory: string): Need | undefined => {
  for (const [pattern, rule] of RULES) {
    const found = pattern.exec(factory)
    if (found !== null) return rule(found[1] ?? '')
  }
  return undefined
}

const fits = (node: DriverNode, asked: Need): boolean => {
  if (!asked.kinds.includes(node.kind)) return false
  if (!isVideoNode(node)) return true
  if (node.interface !== asked.interface) return false
  if (node.kind === 'decoder' && node.stateless !== asked.stateless) return false
  return asked.codec === null || node.codecs.includes(asked.codec)
}

/** Whether a device can do it; undefined where its driver is not known. */
export const canDo = (device: Pick<DeviceFacts, 'driver' | 'compatible'>, asked: Need): boolean | undefined =>
  kernelDriverOf(device)?.nodes.some((node) => fits(node, asked))

/** The node of a device's driver that does an element's work. */
export const videoNodeFor = (device: DeviceFacts, factory: string): VideoNode | undefined => {
  const asked = needOf(factory)
  return (
    asked &&
    kernelDriverOf(device)
      ?.nodes.filter(isVideoNode)
      .find((node) => fits(node, asked))
  )
}

/** `hantro-vpu: decodes mpeg2 (stateless); encodes jpeg`. */
export const driverWords = (device: DeviceFacts): string => {
  const driver = kernelDriverOf(device)
  if (driver === undefined) return `class ${device.class}, driver not known`
  const offers = offersOf(driver)
  return `${driver.name}${offers.length === 0 ? ' moves no pictures itself' : ` ${offers.join('; ')}`}`
}
