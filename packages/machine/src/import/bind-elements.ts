// Elements of GStreamer by the device whose driver offers their work: of several devices, the first.
import { type Codec, type DeviceFacts, type DriverNode, isVideoNode } from '@dmalab/api'
import { kernelDriverOf } from '../kernel-drivers/index.ts'

/** Codecs that GStreamer has a stateless element for. Models: GStreamer 1.22 sys/v4l2codecs/plugin.c: register_video_decoder */
const STATELESS: readonly Codec[] = ['h264', 'h265', 'vp8', 'vp9', 'mpeg2', 'av1']

export const elementsOf = (node: DriverNode): readonly string[] => {
  if (!isVideoNode(node)) return node.kind === 'display' ? ['kmssink'] : []
  switch (node.kind) {
    case 'decoder':
      return node.stateless
        ? node.codecs.filter((codec) => STATELESS.includes(codec)).map((codec) => `v4l2sl${codec}dec`)
        : node.codecs.map((codec) => `v4l2${codec === 'vc1' ? 'wmv' : codec}dec`)
    case 'encoder':
      return node.codecs.map((codec) => `v4l2${codec}enc`)
    case 'converter':
      return ['v4l2convert']
    case 'capture':
      return ['v4l2src']
    case 'output':
      return ['v4l2sink']
  }
}

/** Devices whose driver is not known are left out: a line that needs one says so. */
export const bindElements = (devices: readonly DeviceFacts[]): Record<string, string> => {
  // Of display controllers, the one behind an IOMMU comes first.
  const sorted = [
    ...devices.filter(({ class: kind, iommu }) => kind !== 'display' || iommu !== undefined),
    ...devices.filter(({ class: kind, iommu }) => kind === 'display' && iommu === undefined),
  ]
  const bindings: Record<string, string> = {}
  for (const device of sorted)
    for (const node of kernelDriverOf(device)?.nodes ?? [])
      for (const element of elementsOf(node)) bindings[element] ??= device.name
  return bindings
}
