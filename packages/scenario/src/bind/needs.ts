// What an element asks of a driver, by the element's name, and which nodes of a driver have it.
import {
  type Codec,
  CODECS,
  type DeviceFacts,
  type DriverNode,
  isVideoNode,
  type VideoNode,
  ownValue,
} from '@dmalab/api'
import { kernelDriverOf, offersOf } from '@dmalab/machine'

export interface Need {
  /** Kinds of node that can do it, best first. */
  readonly kinds: readonly DriverNode['kind'][]
  /** null: any; `none`: the element is named after something that no driver here is known to code. */
  readonly codec: Codec | 'none' | null
  readonly stateless: boolean
  /** `V4L2`, or what a vendor's library calls. */
  readonly interface: string
  /** Whose devices a vendor's element works on: how their compatible strings begin. Empty: anybody's. */
  readonly makers: readonly string[]
  /** `decodes h264 (stateful)`, to go behind "a driver that". */
  readonly words: string
}

const need = (words: string, kinds: Need['kinds'], more: Partial<Need> = {}): Need => ({
  codec: null,
  stateless: false,
  interface: 'V4L2',
  makers: [],
  words,
  kinds,
  ...more,
})

const vendors = (words: string, way: string, ...makers: readonly string[]): Need =>
  need(words, [], { interface: way, makers })
const NXP: readonly string[] = ['fsl,', 'nxp,', 'vivante,']

/** Elements and the codec that GStreamer means where it has another name. */
const ALIASES: Readonly<Record<string, Codec>> = {
  hevc: 'h265',
  mpeg: 'mpeg2',
  wmv: 'vc1',
  vp8alpha: 'vp8',
  vp9alpha: 'vp9',
}
const codecOf = (name: string): Need['codec'] =>
  name === '' ? null : (ownValue(ALIASES, name) ?? CODECS.find((codec) => codec === name) ?? 'none')

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
  [/^fbdev2?sink$/, () => need('shows frame buffers', ['display'])],
  [/^mpp/, () => vendors("offers Rockchip's MPP service", 'MPP', 'rockchip,')],
  [/^rga/, () => vendors("offers Rockchip's RGA library its device", 'librga', 'rockchip,')],
  [/^(?:vpudec|vpuenc_|imxvpu)/, () => vendors("offers NXP's VPU library its device", 'VPU library', ...NXP)],
  [
    /^imx[a-z0-9]*(?:videoconvert|videotransform)/,
    () => vendors("offers NXP's 2D library its device", 'G2D library', ...NXP),
  ],
  [/^omx/, () => vendors('offers OpenMAX IL', 'OpenMAX IL')],
  [/^nv(?:v4l2|vidconv)/, () => vendors("offers NVIDIA's multimedia API", 'NVIDIA multimedia', 'nvidia,')],
  [/^aml/, () => vendors("offers Amlogic's codec device", 'Amlogic codec', 'amlogic,')],
  [/^brcm/, () => vendors("offers Broadcom's codec device", 'Broadcom codec', 'brcm,')],
  [/^vsp/, () => vendors("offers Renesas' VSP library its device", 'VSP manager', 'renesas,')],
  // Drivers of graphics cards, which no device tree has.
  [/^va(?:api)?[a-z0-9]*(?:dec|enc)$/, () => vendors('offers VA-API', 'VA-API', 'pci')],
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
  return asked.codec === null || (asked.codec !== 'none' && node.codecs.includes(asked.codec))
}

/** Whether a device is of those that a vendor made the element for; of one without a compatible string nobody knows. */
export const isOfMaker = ({ compatible }: DeviceFacts, { makers }: Need): boolean =>
  makers.length === 0 || compatible === undefined || makers.some((maker) => compatible.startsWith(maker))

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
