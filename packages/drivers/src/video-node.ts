// Which video node of a device a model stands for.
import type { DriverHost, DriverNode, VideoNode } from '@dmalab/api'

/** The node that was opened, else the first of the kinds. @throws Error where the table has none: a bug of whoever chose the model */
export const videoNodeOf = (
  { kernelDriver, node, device }: DriverHost,
  kinds: readonly VideoNode['kind'][],
): VideoNode => {
  const nodes = (kernelDriver?.nodes ?? []).filter(isVideoNode)
  const found: VideoNode | undefined =
    nodes.find(({ kind }) => kind === node && kinds.includes(kind)) ?? nodes.find(({ kind }) => kinds.includes(kind))
  if (found === undefined) throw new Error(`the table has no video node for ${device.name}`)
  return found
}

const isVideoNode = (node: DriverNode): node is VideoNode => node.kind !== 'display' && node.kind !== 'gpu'
