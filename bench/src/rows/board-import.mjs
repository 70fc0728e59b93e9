// Budget: a real board becomes a machine in under 20 ms (median). The boards lie beside the project, if at all.
import { existsSync, readFileSync } from 'node:fs'
import { boardYaml, importBoard, machineFromDtb, readMachine } from '@dmalab/machine'

const FOLDER = new URL('../../../../shared/boards/', import.meta.url)
/** For boards whose memory the boot loader fills in. */
const MEMORY = { memorySize: 2 ** 31 }

const open = (importOne) => (count) => {
  const boards = JSON.parse(readFileSync(new URL('index.json', FOLDER), 'utf8')).slice(0, count)
  const blobs = boards.map(({ dtb, arch }) => ({ file: dtb, arch, blob: readFileSync(new URL(dtb, FOLDER)) }))
  const prepared = blobs.map(importOne)
  let machines = []
  return {
    work: boards.length,
    run: () => (machines = prepared.map((once) => once())),
    result: () => JSON.stringify(machines, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
  }
}

export const row = existsSync(FOLDER)
  ? {
      name: 'board-import',
      title: 'import device tree blobs as machines; beside it, reading the same machines from board files',
      unit: 'board',
      versions: {
        yaml: {
          bench: 8,
          check: 3,
          open: open(({ blob, file, arch }) => {
            const yaml = boardYaml(importBoard(blob, { file, arch, ...MEMORY }))
            return () => readMachine(yaml, file)
          }),
        },
        blob: {
          bench: 23,
          check: 3,
          open: open(
            ({ blob, file, arch }) =>
              () =>
                machineFromDtb(blob, { file, arch, ...MEMORY }),
          ),
        },
      },
    }
  : undefined
