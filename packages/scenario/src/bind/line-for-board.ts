// A pipeline that a board can run, made of the devices it has: what to try first, and what to say when a line does not fit.
import type { DeviceClass, Machine, WorkInstead } from '@dmalab/api'

const DECODER = 'filesrc location=a.mp4 ! qtdemux ! h264parse ! v4l2h264dec capture-io-mode=dmabuf'
/** The driver without hardware that makes pictures, and shows them; it reaches 32 bits, and where no memory lies there the CPU works. */
const virtualFor = ({ memory }: Machine): string =>
  memory.some(({ base }) => base < 2 ** 32) ? 'vivid' : 'vivid-vmalloc'

/** Decoder or camera, converter, display: each that the board has; a virtual camera where nothing else makes pictures. */
export const lineForBoard = (machine: Machine): WorkInstead => {
  const { devices, bindings } = machine
  const virtual = virtualFor(machine)
  const has = (kind: DeviceClass, factory: string): boolean =>
    Object.hasOwn(bindings, factory) || devices.some((device) => device.class === kind)
  const decoder = has('codec', 'v4l2h264dec')
  const camera = has('camera', 'v4l2src') || has('isp', 'v4l2src')
  const converter = has('converter', 'v4l2convert')
  const display = has('display', 'kmssink')
  const hardware = decoder || camera || converter
  return {
    line: [
      decoder ? DECODER : 'v4l2src io-mode=dmabuf',
      ...(converter ? ['v4l2convert output-io-mode=dmabuf-import'] : []),
      // Buffers of hardware may lie in pieces, which a device that no IOMMU is in front of refuses: user space reads those.
      display ? 'kmssink' : hardware ? 'fakesink' : 'v4l2sink io-mode=dmabuf-import',
    ].join(' ! '),
    bind: {
      ...(decoder || camera ? {} : { v4l2src: virtual }),
      ...(display || hardware ? {} : { v4l2sink: virtual }),
    },
  }
}
