// The founding use case: the report of April 2017, on four kernels.

/** The pipeline of the original report, as it was typed. */
export const FOUNDING_LINE =
  'gst-launch-1.0 filesrc location=~/GH3_MOV_HD.mp4 ! qtdemux ! h264parse ! v4l2video4dec capture-io-mode=dmabuf ! v4l2video7convert output-io-mode=dmabuf-import ! kmssink force-modesetting=true'

export const FOUNDING_BOARD = 'odroid-xu4-2017'

/** Before, the upstream check, the RFC, and both. */
export const FOUNDING_KERNELS: readonly string[] = [
  'arm@4.11',
  'arm@4.11+pfn-valid',
  'arm@4.11+nopage-rfc',
  'arm@4.11+pfn-valid+nopage-rfc',
]

/** What a newcomer must know to read the comparison. */
export const FOUNDING_STORY = `April 2017: a decoder's frames lie in memory pools that have no struct page. Shared as dma-bufs with a converter, they made
the kernel follow a page pointer to nowhere.
  arm@4.11       the kernel of that time: nothing checks whether there is a struct page
  +pfn-valid     the check that went upstream: such memory cannot be shared
  +nopage-rfc    the patch of the report: such memory is tagged, and importers leave it alone
`
