// Pictures that are larger than a driver takes.
import type { BoundElement, LinkPicture, Machine } from '@dmalab/api'
import { refusedAt } from '../pipeline/pipeline-error.ts'
import type { Pipeline } from '../pipeline/pipeline.ts'
import { videoNodeFor } from './needs.ts'

/** @throws InputError at the first element whose driver's largest picture is smaller than what passes it */
export const checkSizes = (
  { elements: parsed, text }: Pipeline,
  elements: readonly BoundElement[],
  { devices }: Machine,
  pictures: readonly LinkPicture[],
): void => {
  for (const { name, factory, device } of elements) {
    const facts = devices.find((each) => each.name === device)
    const most = facts && videoNodeFor(facts, factory)?.maxSize
    if (!most) continue
    const large = pictures.find(
      ({ from, to, width, height }) =>
        (from === name || to === name) && (width.value > most.width || height.value > most.height),
    )
    if (large === undefined) continue
    const at = parsed.find((element) => element.name === name)?.at
    const why = `${name} works on pictures up to ${most.width}x${most.height} on ${device}, and these have ${large.width.value}x${large.height.value} (${large.width.by})`
    throw refusedAt(why, text, at, `--size ${most.width}x${most.height}, or a converter before it`)
  }
}
