// Bodies of the `fields` option and of trace-cmd where it cannot follow the format: name=value pairs, arrays as bytes.
import { dirName, type EventBody, ownValue } from '@dmalab/api'
import { readByteArray } from '../values.ts'
import { decodeText } from './decode.ts'

/** `name=0x1000 (4096)`, `truncated=(0)`, `dir=2`, `phys_addrs=00,f0,9e`, `phys_addrs=ARRAY[00, f0]` */
const PAIR =
  /(?<!\w)(\w+)=(?:ARRAY\[([0-9a-f, ]*)\]|([0-9a-f]{2}(?:,[0-9a-f]{2})+)(?= |$)|(0x[0-9a-f]+|-?\d+) ?\(-?\d+\)|\((\d+)\)|(\S*))/g

const ARRAYS: Readonly<Record<string, number>> = { phys_addrs: 8, dma_addrs: 8, addrs: 8, lengths: 4, sizes: 4 }

/** Is this body written as name=value pairs? The ordinary text of every known event begins otherwise. */
export const isFields = (body: string): boolean =>
  /^(?:\[FAILED TO PARSE\] )?(?:device|iova|dev_name|name)=\S+ (?:\(-?\d+\) )?(?!pfn=|count=|request_count=)\w+=/.test(
    body,
  )

/** undefined: damaged, or an event this form is not known of. */
export const decodeFields = (name: string, body: string): EventBody | undefined => {
  const values = new Map<string, string>()
  const arrays = new Map<string, readonly number[]>()
  for (const [, key = '', array, octets, number, flag, word] of body.matchAll(PAIR)) {
    const list = array ?? octets
    const width = ownValue(ARRAYS, key)
    if (width !== undefined) arrays.set(key, list === undefined ? [] : readByteArray(list, width))
    else values.set(key, number ?? flag ?? word ?? '')
  }
  const number = (key: string): number => Number(values.get(key))
  const hex = (key: string): string => number(key).toString(16)
  const device = values.get('device')
  const dir = dirName(number('dir'))
  const attrs = attrsText(values.get('attrs'))
  /** A list whose line goes on behind it has a direction and attributes. */
  const isWhole = Number.isInteger(number('dir')) && Number.isInteger(number('attrs'))
  const text = (body_: string): EventBody | undefined => (body_.includes('NaN') ? undefined : decodeText(name, body_))
  switch (name) {
    case 'dma_map_page':
    case 'dma_map_resource':
    case 'dma_map_phys':
      return text(
        `${device} dir=${dir} dma_addr=${hex('dma_addr')} size=${number('size')} phys_addr=${hex('phys_addr')} attrs=${attrs}`,
      )
    case 'dma_unmap_page':
    case 'dma_unmap_resource':
    case 'dma_unmap_phys':
      return text(`${device} dir=${dir} dma_addr=${hex('addr')} size=${number('size')} attrs=${attrs}`)
    case 'dma_map_sg': {
      if (device === undefined || !arrays.has('phys_addrs')) return undefined
      const cut = !values.has('attrs')
      if (!cut && !isWhole) return undefined
      return {
        event: 'dma_map_sg',
        device,
        dir: cut ? 0 : number('dir'),
        nents: number('full_nents'),
        ents: number('full_ents'),
        truncated: cut || values.get('truncated') === '1',
        // A cut line has lost the direction: the addresses could not be compared with anything.
        dmaAddrs: cut ? [] : (arrays.get('dma_addrs') ?? []),
        sizes: cut ? [] : (arrays.get('lengths') ?? []),
        physAddrs: arrays.get('phys_addrs') ?? [],
        attrs: cut ? 0 : number('attrs'),
      }
    }
    case 'dma_unmap_sg': {
      if (device === undefined || !arrays.has('addrs')) return undefined
      const cut = !values.has('attrs')
      if (!cut && !isWhole) return undefined
      return {
        event: 'dma_unmap_sg',
        device,
        dir: cut ? 0 : number('dir'),
        physAddrs: arrays.get('addrs') ?? [],
        attrs: cut ? 0 : number('attrs'),
        ...(cut ? { truncated: true } : {}),
      }
    }
    case 'map': {
      const end = number('iova') + number('size')
      return text(`IOMMU: iova=0x${hex('iova')} - 0x${end.toString(16)} paddr=0x${hex('paddr')} size=${number('size')}`)
    }
    case 'unmap': {
      const end = number('iova') + number('size')
      return text(
        `IOMMU: iova=0x${hex('iova')} - 0x${end.toString(16)} size=${number('size')} unmapped_size=${number('unmapped_size')}`,
      )
    }
    default:
      return undefined
  }
}

const attrsText = (value: string | undefined): string =>
  value === undefined || Number(value) === 0 ? '' : `0x${Number(value).toString(16)}`
