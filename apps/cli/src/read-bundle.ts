// An archive of the recording script, for --bundle: loaded by those who give one, as the readers of all that can be in it are large.
import { InputError } from '@dmalab/api'
import { type BundleParts, readBundle, type RunParts } from '@dmalab/lab'
import { inputTools } from '@dmalab/lab/node'
import { inputsOf } from './diagnose-inputs.ts'

/** @throws InputError for what is not one archive with a board */
export const bundleOf = async (file: string, parts: RunParts): Promise<BundleParts> => {
  const [input, ...others] = inputsOf([file])
  if (input === undefined || others.length > 0)
    throw new InputError('this is a folder; --bundle takes the archive', { file })
  return readBundle(input, parts, inputTools)
}
