// The tables of drivers as a page.
import { isVideoNode, type KernelDriver } from '@dmalab/api'
import { KERNEL_DRIVERS } from './index.ts'
import { offerOf, queuesOf } from './words.ts'

const HEAD = `# Kernel drivers

What a device can do is what its driver offers. This page is made from the tables in
[packages/machine/src/kernel-drivers](../packages/machine/src/kernel-drivers) by \`npm run pages\`; each row was read
from the source that it names, of Linux 6.12 unless another tree is named.

- A board's devices are looked up by \`compatible\`; \`driver:\` in a board file states another (a name of this page, or a driver model of a plug-in).
- An element gets a device whose driver offers its work: \`v4l2h264dec\` a stateful decoder, \`v4l2slh264dec\` a stateless one,
  \`v4l2h264enc\` an encoder, \`v4l2convert\` a converter, \`v4l2src\` a camera, \`kmssink\` a display, \`glimagesink\` and
  \`waylandsink\` a GPU. A line that the drivers cannot run is refused, with what they offer and a line that works.
- A device that is not here is known by its class only, which reports list as an assumption.
- \`dmalab board show BOARD\` names the drivers of a board.

## Who takes whose dma-bufs

A display that takes only one piece (\`drm_gem_dma_prime_import_sg_table\` and the like) answers EINVAL at the PRIME import of anything
that it sees in pieces: buffers of a GPU are pages of shared memory, and so are those of the system heap, udmabuf and vb2-dma-sg.
An IOMMU in front of it joins the pieces. Without one, as on a Raspberry Pi 4, memory must come from a place that gives one piece: the
display's own dumb buffers, a V4L2 queue of vb2-dma-contig, or a CMA heap (\`/dev/dma_heap/linux,cma\`); the GPU imports any of those.
`

/** A section a driver, in the order of names. */
export const driversPage = (): string => {
  const names = [...new Set(KERNEL_DRIVERS.map(({ name }) => name))].toSorted((a, b) => (a < b ? -1 : 1))
  const sections = names.map((name) =>
    sectionOf(
      name,
      KERNEL_DRIVERS.filter((row) => row.name === name),
    ),
  )
  return `${HEAD}\n## Drivers\n\n${sections.join('\n')}`
}

const sectionOf = (name: string, rows: readonly KernelDriver[]): string => {
  const sources = [...new Set(rows.map(({ tree, source }) => `${tree} \`${source}\``))].join('; ')
  const notes = [...new Set(rows.flatMap(({ note }) => (note === null ? [] : [note])))]
  const lines = rows.map(
    (row) =>
      `- ${row.compatible.length === 0 ? '(not by compatible)' : row.compatible.map((each) => `\`${each}\``).join(' ')}: ${nodesOf(row)}${maskOf(row)}`,
  )
  return `### ${name}\n\n${sources}${notes.map((note) => `. ${note[0]?.toUpperCase() ?? ''}${note.slice(1)}`).join('')}.\n\n${lines.join('\n')}\n`
}

const nodesOf = ({ nodes }: KernelDriver): string =>
  nodes.length === 0
    ? 'moves no pictures itself'
    : nodes
        .map((node) => `${offerOf(node)}${isVideoNode(node) ? ` [${queuesOf(node)}]` : ` [${node.importFunction}]`}`)
        .join('; ')

const maskOf = ({ maskBits, coherentMaskBits, nodes }: KernelDriver): string => {
  if (nodes.length === 0) return ''
  if (maskBits === null) return '; mask not in the source'
  return coherentMaskBits === null || coherentMaskBits === maskBits
    ? `; ${maskBits} bits`
    : `; ${maskBits} bits, coherent ${coherentMaskBits}`
}
