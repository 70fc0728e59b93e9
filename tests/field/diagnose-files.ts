// Diagnoses of files and texts in the test's own process, as the command makes them.
import { createReadStream } from 'node:fs'
import type { BoardSpec, Diagnosis, Symptom } from '@dmalab/api'
import { diagnose, type Input, openLaboratory } from '@dmalab/lab'
import { inputTools } from '@dmalab/lab/node'
import { commandOf, shellCommand } from '@dmalab/report'

let opened: ReturnType<typeof openLaboratory> | undefined

export interface More {
  readonly symptom?: Symptom
  readonly board?: BoardSpec
  readonly memory?: readonly string[]
}

export const ofFile = (file: string): Input => ({ file, chunks: createReadStream(file) })

export const ofBytes = (file: string, bytes: Uint8Array, piece = 4096): Input => {
  // eslint-disable-next-line require-await -- it has the shape of a file that is read in pieces
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
  }
  return { file, chunks: pieces() }
}
export const ofText = (file: string, text: string): Input => ofBytes(file, new TextEncoder().encode(text))

export const diagnosed = async (inputs: readonly Input[], more: More = {}): Promise<Diagnosis> => {
  opened ??= openLaboratory()
  return diagnose(inputs, {
    ...more,
    laboratory: await opened,
    tools: inputTools,
    commandOf: (spec, bundle) => commandOf(spec, { files: true, bundle }),
    quote: (word) => shellCommand([word]),
  })
}

/** All words of all answers. */
export const words = ({ answers }: Diagnosis): string =>
  answers
    .flatMap(({ title, what, tries, next, shown }) => [title, ...what, ...tries, next ?? '', shown?.detail ?? ''])
    .join('\n')

export const kinds = ({ inputs }: Diagnosis): string[] => inputs.map(({ kind }) => kind)
