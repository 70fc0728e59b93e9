// The founding use case: the report of April 2017, on four kernels.
import type { Machine } from '@dmalab/api'
import { kernelDriverOf } from '@dmalab/machine'

/** The pipeline of the original report, as it was typed. */
export const FOUNDING_LINE =
  'gst-launch-1.0 filesrc location=~/GH3_MOV_HD.mp4 ! qtdemux ! h264parse ! v4l2video4dec capture-io-mode=dmabuf ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink force-modesetting=true'

/** The same on another board: where only stateless drivers decode H.264, GStreamer has another element for that. */
export const foundingLine = ({ devices }: Machine): string => {
  const decoders = devices.flatMap((device) => {
    const driver = kernelDriverOf(device)
    if (driver === undefined) return device.class === 'codec' ? [{ stateless: false }] : []
    return driver.nodes.flatMap((node) =>
      node.kind === 'decoder' && node.codecs.includes('h264') ? [{ stateless: node.stateless }] : [],
    )
  })
  const isStateless = decoders.length > 0 && decoders.every(({ stateless }) => stateless)
  return isStateless ? FOUNDING_LINE.replace('v4l2video4dec capture-io-mode=dmabuf', 'v4l2slh264dec') : FOUNDING_LINE
}

export const FOUNDING_BOARD = 'odroid-xu4-2017'

/** Before, the upstream check, the RFC, and both. */
export const FOUNDING_KERNELS: readonly string[] = [
  'arm@4.11',
  'arm@4.11+pfn-valid',
  'arm@4.11+nopage-rfc',
  'arm@4.11+pfn-valid+nopage-rfc',
]

/** What a newcomer must know to read the comparison. */
export const FOUNDING_STORY = `April 2017: a decoder's frames lie in memory pools that have no struct page. Shared as dma-bufs
with a converter, they made the kernel follow a page pointer to nowhere.
  arm@4.11       the kernel of that time: nothing checks whether there is a struct page
  +pfn-valid     the check that went upstream: such memory cannot be shared
  +nopage-rfc    the patch of the report: such memory is tagged, and importers leave it alone
`
