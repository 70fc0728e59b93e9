// A FIT image (.itb): kernel, device trees and more in one file that is a device tree itself.
import { InputError } from '@dmalab/api'
import { cellAt, type FdtNode } from '../fdt/node.ts'
import type { Fdt } from '../fdt/parse.ts'
import { withOverlays } from '../overlay/apply.ts'
import { printable, type Found, type FoundTree } from './found.ts'

/** Takes apart what an image is compressed with. @throws InputError */
export type Unpack = (content: Uint8Array, file: string) => Uint8Array

export const isFit = ({ root }: Fdt): boolean =>
  root.children.some(
    ({ name, children }) => name === 'images' && children.some((image) => image.has('data') || image.has('data-size')),
  )

/**
 * What each configuration gives a kernel: its tree, with the overlays that it names behind it; without configurations each tree.
 * Models: U-Boot v2024.10 boot/image-fit.c: boot_get_fdt_fit
 */
export function fitTrees(fdt: Fdt, content: Uint8Array, file: string, unpack: Unpack): Found {
  const images = fdt.root.children.find(({ name }) => name === 'images')?.children ?? []
  const configurations = fdt.root.children.find(({ name }) => name === 'configurations')
  const usual = configurations?.string('default')
  const blobOf = (name: string): Uint8Array => {
    const image = images.find((each) => each.name === name)
    if (image === undefined)
      throw new InputError(`its configuration names ${printable(name)}, which is no image`, { file })
    const data = dataOf(image, fdt, content)
    if (data === undefined) throw new InputError(`the image ${printable(name)} lies outside of the file`, { file })
    const packed = image.string('compression') ?? 'none'
    return packed === 'none' ? data : unpack(data, `${file}, image ${printable(name)}`)
  }
  const configured = (configurations?.children ?? []).flatMap((node): FoundTree[] => {
    const [base, ...overlays] = node.strings('fdt') ?? []
    if (base === undefined) return []
    return [
      {
        name: printable(node.name),
        title: printable(node.compatible[0] ?? node.string('description') ?? ''),
        isDefault: node.name === usual,
        blob: () =>
          withOverlays(
            blobOf(base),
            file,
            overlays.map((name) => ({ file: name, content: blobOf(name) })),
          ),
      },
    ]
  })
  const loose = images
    .filter((image) => image.string('type') === 'flat_dt')
    .map((image) => ({
      name: printable(image.name),
      title: printable(image.string('description') ?? ''),
      isDefault: false,
      blob: () => blobOf(image.name),
    }))
  return { what: 'a FIT image', trees: configured.length > 0 ? configured : loose }
}

/** In the tree, or behind it. Models: U-Boot v2024.10 boot/image-fit.c: fit_image_get_data_and_size */
function dataOf(image: FdtNode, { header }: Fdt, content: Uint8Array): Uint8Array | undefined {
  const inside = image.bytes('data')
  if (inside !== undefined) return inside
  const number = (name: string): number | undefined => {
    const value = image.bytes(name)
    return value === undefined || value.length < 4 ? undefined : cellAt(value, 0)
  }
  const offset = number('data-offset')
  const start =
    number('data-position') ?? (offset === undefined ? undefined : Math.ceil(header.totalsize / 4) * 4 + offset)
  const size = number('data-size')
  if (start === undefined || size === undefined || start + size > content.length) return undefined
  return content.subarray(start, start + size)
}
