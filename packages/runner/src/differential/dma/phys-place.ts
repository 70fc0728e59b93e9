// Physical addresses as commands name them.
import { phys, type PhysAddr, physOf } from '@dmalab/api'
import type { DmaBoot } from './dma-boot.ts'
import type { PlaceInPages } from './params.ts'

/** What a command calls a physical address; undefined where the pages are not there. */
export const physIn = (boot: DmaBoot, at: number | PlaceInPages): PhysAddr | undefined => {
  if (typeof at === 'number') return phys(at)
  const pages = boot.find('pages', at.name)
  return pages === undefined ? undefined : ((physOf(pages.pfn) + at.offset) as PhysAddr)
}
