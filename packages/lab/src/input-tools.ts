// Programs of this computer that a diagnosis reads its inputs with: dtc, xz, zstd, bzip2, lz4.
import type { InputTools } from '@dmalab/diagnose'
import { readDeviceTree, unpacked, unpackedStream } from '@dmalab/machine/node'

export const inputTools: InputTools = {
  compileTree: (source, file) => readDeviceTree(file, { given: source }).content,
  unpack: unpacked,
  unpackStream: unpackedStream,
}
