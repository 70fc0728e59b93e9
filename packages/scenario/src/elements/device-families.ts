// Element families that work on a device, and the class of device each needs: the table that binds a pipeline to a board
// when neither `--bind` nor the board's own table says so. In the order they are tried.
import type { DeviceClass, IoMode } from '@dmalab/api'
import { SINK, SRC } from './element-facts.ts'
import type { ElementFacts, PadTemplate, UserSpaceRole } from './element-facts.ts'
import { properties } from './property-table.ts'

/** Values of io-mode, capture-io-mode and output-io-mode. Models: GStreamer 1.22 sys/v4l2/gstv4l2object.h: GstV4l2IOMode */
const IO_MODES: Readonly<Record<IoMode, number>> = {
  auto: 0,
  rw: 1,
  mmap: 2,
  userptr: 3,
  dmabuf: 4,
  'dmabuf-import': 5,
}
export const isIoMode = (text: string): text is IoMode => Object.hasOwn(IO_MODES, text)

export interface DeviceFamily {
  readonly name: string
  /** Factories of the family. */
  readonly pattern: RegExp
  /** Classes of device that can do its work, best first. */
  readonly devices: readonly DeviceClass[]
  /** A board without such a device is not an error: user space does the work. */
  readonly optional: boolean
  readonly role: UserSpaceRole
  readonly pads: readonly PadTemplate[]
  /** Property of the queue that takes buffers in, and of the one that gives buffers out. */
  readonly inMode?: 'output-io-mode' | 'io-mode'
  readonly outMode?: 'capture-io-mode' | 'io-mode'
  /** Takes and makes dma-bufs without being told (a DRM device, a compositor). */
  readonly importsDmaBuf: boolean
  /** Gives dma-bufs without being told; it has no io-mode. */
  readonly exports?: true
  readonly properties: string
  /** Further properties are accepted: vendors' elements differ from release to release. */
  readonly open: boolean
  /** Not one of GStreamer's own elements: what it asks of a driver is not known, and a board may lack the device. */
  readonly vendor?: true
}

const OBJECT = 'name:string parent:object'
const MODE = Object.entries(IO_MODES)
  .map(([nick, value]) => `${value}=${nick}=GST_V4L2_IO_${nick.toUpperCase().replace('-', '_')}`)
  .join(',')
const M2M = `device,device-name:string device-fd:int extra-controls:string capture-io-mode,output-io-mode:${MODE}`
const CODEC = `${OBJECT} ${M2M} qos,automatic-request-sync-points,discard-corrupted-frames,min-force-key-unit-interval:string
  max-errors:int automatic-request-sync-point-flags:string`
const V4L2 = `device,device-name:string device-fd:int flags:string brightness,contrast,saturation,hue:int norm:string
  io-mode:${MODE} extra-controls,pixel-aspect-ratio:string force-aspect-ratio:boolean`
const VIDEO_SINK = `sync,qos,async,enable-last-sample,show-preroll-frame,max-lateness,ts-offset,blocksize,render-delay,throttle-time,max-bitrate,processing-deadline:string`
const THROUGH = [SRC, SINK]

const m2m = {
  role: 'converter',
  pads: THROUGH,
  inMode: 'output-io-mode',
  outMode: 'capture-io-mode',
  importsDmaBuf: false,
} as const

export const DEVICE_FAMILIES: readonly DeviceFamily[] = [
  {
    ...m2m,
    name: 'V4L2 JPEG decoder',
    pattern: /^v4l2(video\d+)?jpegdec$/,
    devices: ['jpeg', 'codec'],
    optional: false,
    role: 'decoder',
    properties: CODEC,
    open: false,
  },
  {
    ...m2m,
    name: 'V4L2 JPEG encoder',
    pattern: /^v4l2(video\d+)?jpegenc$/,
    devices: ['jpeg', 'codec'],
    optional: false,
    role: 'encoder',
    properties: CODEC,
    open: false,
  },
  {
    name: 'V4L2 stateless decoder',
    pattern: /^v4l2sl(video\d+)?[a-z0-9]+dec$/,
    devices: ['codec'],
    optional: false,
    role: 'decoder',
    pads: THROUGH,
    importsDmaBuf: false,
    exports: true,
    // The parser takes the properties of all V4L2 elements; those that it does not have are refused with a device (check-elements.ts).
    properties: CODEC,
    open: false,
  },
  {
    ...m2m,
    name: 'V4L2 decoder',
    pattern: /^v4l2(video\d+)?[a-z0-9]*dec$/,
    devices: ['codec'],
    optional: false,
    role: 'decoder',
    properties: CODEC,
    open: false,
  },
  {
    ...m2m,
    name: 'V4L2 encoder',
    pattern: /^v4l2(video\d+)?[a-z0-9]*enc$/,
    devices: ['codec'],
    optional: false,
    role: 'encoder',
    properties: CODEC,
    open: false,
  },
  {
    ...m2m,
    name: 'V4L2 converter',
    pattern: /^v4l2(video\d+)?convert$/,
    devices: ['converter', '2d'],
    optional: false,
    properties: `${OBJECT} ${M2M} qos:string disable-passthrough:string`,
    open: false,
  },
  {
    name: 'V4L2 capture',
    pattern: /^v4l2src$/,
    devices: ['camera', 'isp'],
    optional: false,
    role: 'source',
    pads: [SRC],
    outMode: 'io-mode',
    importsDmaBuf: false,
    properties: `${OBJECT} blocksize,num-buffers:int typefind,do-timestamp:boolean ${V4L2}`,
    open: false,
  },
  {
    name: 'V4L2 output',
    pattern: /^v4l2sink$/,
    // No device tree has one: a display is a DRM device today.
    devices: [],
    optional: false,
    role: 'sink',
    pads: [SINK],
    inMode: 'io-mode',
    importsDmaBuf: false,
    properties: `${OBJECT} ${VIDEO_SINK} ${V4L2} overlay-top,overlay-left,overlay-width,overlay-height,crop-top,crop-left,crop-width,crop-height:int`,
    open: false,
  },
  {
    name: 'DRM display',
    pattern: /^kmssink$/,
    devices: ['display'],
    optional: false,
    role: 'sink',
    pads: [SINK],
    importsDmaBuf: true,
    properties: `${OBJECT} ${VIDEO_SINK} driver-name,bus-id:string connector-id,plane-id,display-width,display-height,fd:int restore-crtc,can-scale,force-modesetting,skip-vsync,is-dpb:string connector-properties,plane-properties,render-rectangle:string`,
    open: false,
  },
  {
    name: 'Wayland display',
    pattern: /^waylandsink$/,
    devices: ['display'],
    optional: false,
    role: 'sink',
    pads: [SINK],
    importsDmaBuf: true,
    properties: `${OBJECT} ${VIDEO_SINK} display,fullscreen,render-rectangle,rotate-method,drm-device,layer,alpha:string`,
    open: false,
  },
  {
    name: 'frame buffer device',
    pattern: /^fbdev2?sink$/,
    devices: ['display'],
    optional: true,
    role: 'sink',
    pads: [SINK],
    // The CPU writes into the one frame buffer that /dev/fb0 shows.
    importsDmaBuf: false,
    properties: OBJECT,
    open: true,
  },
  {
    name: 'desktop display',
    pattern:
      /^(auto|gl|xv|x|ximage|xvimage|gtk|gtkgl|gtkwayland|qml|qmlgl|fb|glimage|imx|imxvideo)(video|image)?sink(elem)?$/,
    devices: ['display'],
    optional: true,
    role: 'sink',
    pads: [SINK],
    importsDmaBuf: true,
    properties: OBJECT,
    open: true,
  },
  {
    name: 'libcamera',
    pattern: /^libcamerasrc$/,
    devices: ['camera', 'isp'],
    optional: true,
    vendor: true,
    role: 'source',
    pads: [SRC],
    importsDmaBuf: false,
    properties: OBJECT,
    open: true,
  },
  {
    ...m2m,
    name: 'vendor decoder',
    pattern:
      /^(mpp(video|jpeg)dec|vpudec|imxvpudec_[a-z0-9]+|omx[a-z0-9]+dec|nvv4l2decoder|amlv4l2[a-z0-9]*dec|brcm[a-z0-9]*dec|va(api)?[a-z0-9]*dec)$/,
    devices: ['codec'],
    optional: true,
    vendor: true,
    role: 'decoder',
    properties: `${OBJECT} capture-io-mode,output-io-mode:${MODE}`,
    open: true,
  },
  {
    ...m2m,
    name: 'vendor encoder',
    pattern:
      /^(mpp[a-z0-9]+enc|vpuenc_[a-z0-9]+|imxvpuenc_[a-z0-9]+|omx[a-z0-9]+enc|nvv4l2[a-z0-9]*enc|va(api)?[a-z0-9]*enc)$/,
    devices: ['codec'],
    optional: true,
    vendor: true,
    role: 'encoder',
    properties: `${OBJECT} capture-io-mode,output-io-mode:${MODE}`,
    open: true,
  },
  {
    ...m2m,
    name: '2D engine',
    pattern:
      /^(rga(convert|video)?|imxvideoconvert_[a-z0-9]+|imx[a-z0-9]+videotransform|nvvidconv|vspmfilter|vsp[a-z0-9]*convert)$/,
    devices: ['converter', '2d'],
    optional: true,
    vendor: true,
    properties: `${OBJECT} capture-io-mode,output-io-mode:${MODE}`,
    open: true,
  },
]

export const familyOf = (factory: string): DeviceFamily | undefined =>
  DEVICE_FAMILIES.find(({ pattern }) => pattern.test(factory))

export const familyFacts = (factory: string, family: DeviceFamily): ElementFacts => ({
  factory,
  core: false,
  role: family.role,
  pads: family.pads,
  properties: properties(family.properties),
  open: family.open,
  proxy: false,
  autoName: factory,
  presets: family.role === 'encoder',
})
