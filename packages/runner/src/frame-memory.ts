// Memory of a display's or a GPU's own for a picture: of what its kernel driver makes it.
import type { Device, DrmNode, KResult, Lab } from '@dmalab/api'
import { createDumbBuffer, createPagedGem, type GemBuffer } from '@dmalab/dma-buf'
import { kernelDriverOf } from '@dmalab/machine'

/** `shared`: another device is going to use it. ENOMEM. */
export const frameMemory = (
  { allocatorHost }: Lab,
  device: Device,
  len: number,
  owner: string,
  shared: boolean,
): KResult<GemBuffer> =>
  (ofPages(device, shared) ? createPagedGem : createDumbBuffer)(allocatorHost, device, len, owner)

/** A GPU that nothing more is known of has an MMU of its own; a display has not. What a DMM joins is one piece for everybody else. */
const ofPages = ({ facts }: Device, shared: boolean): boolean => {
  const node = kernelDriverOf(facts)?.nodes.find((each): each is DrmNode => DRM.includes(each.kind))
  if (node === undefined) return facts.class === 'gpu'
  return node.gem === 'pages' || node.gem === 'vram' || (node.gem === 'dmm' && !shared)
}

const DRM: readonly string[] = ['display', 'gpu']
