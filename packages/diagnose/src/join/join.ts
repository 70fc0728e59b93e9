// What the other inputs say to a problem of the log: board, figures, mappings; and what the model makes of it.
import type { Draft } from './draft.ts'
import { addOnce, sameEvidence } from './draft.ts'
import { addressIn, sayMappings, sayMaster } from './faults.ts'
import { sayCma, sayReserve, sizeIn } from './memory.ts'
import { locate, type Located, type Said, sayReach } from './reach.ts'
import type { Case } from '../facts/case-facts.ts'
import { type Model, stepsWork } from '../facts/model.ts'

/** Answers about memory that could not be had, or be mapped. */
const MEMORY =
  /^(?:cma-(?:alloc-failed|pages-busy)|page-alloc|driver-alloc|drm-cma|vb2-memory|vb2-not-contiguous|controller-no-memory|gst-no-memory|swiotlb|dma-overflow|mask|coherent|atomic-pool|vmap|reach|rmem-(?:beyond-mask|pool-failed)|mapping-failed|pool-beyond-mask|pool-outside-window)/
const BOUNCE = /^(?:swiotlb|dma-overflow)/
/** Larger ones are not allocated by a driver in one piece. */
const LARGEST = 2 ** 32
const PAGE = 4096

const take = (draft: Draft, said: Said): void => {
  addOnce(draft.what, said.what)
  if (said.what.length > 0) addOnce(draft.evidence, said.evidence, sameEvidence)
  // What the inputs say together comes before what is said of such a message in general.
  draft.tries.unshift(...said.tries.filter((one) => !draft.tries.includes(one)))
  if (!said.decides) return
  // A guess and a message that fits it are more than a guess alone.
  draft.certainty = said.guess === true && !draft.observed ? 'likely' : 'certain'
}

/** Devices that the lines of an answer name, the message's own first. */
const devicesOf = (draft: Draft): readonly string[] => {
  const named = draft.evidence.flatMap(({ text }) => [
    ...text.matchAll(
      /(?:^|[\s(])((?:[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d)|[0-9a-f]{5,12}\.[a-z][\w-]*|soc:[\w-]+)(?=[:\s),]|$)/g,
    ),
  ])
  const nodes = draft.evidence.map(({ text }) => text).filter((text) => text.startsWith('/'))
  return [...new Set([...draft.devices, ...named.map(([, name = '']) => name), ...nodes])].filter((name) => name !== '')
}

export const join = async (one: Case, draft: Draft, model: Model): Promise<void> => {
  if (!MEMORY.test(draft.id) && draft.code !== 'iommu-fault' && !draft.id.startsWith('cma-reserve')) return
  const text = draft.evidence.map((evidence) => evidence.text).join('\n')
  if (draft.id.startsWith('cma-reserve')) return take(draft, sayReserve(one, text))
  if (draft.id === 'swiotlb-missing') take(draft, sayNoBounce(one))
  const devices = devicesOf(draft)
  const located = devices.map((name) => locate(one, name)).find((found) => found !== undefined)
  if (draft.code === 'iommu-fault') {
    // Of a record in raw words, the cause has address and stream.
    const said = [text, ...draft.what].join('\n')
    take(draft, sayMappings(one, addressIn(said)))
    take(draft, sayMaster(one, draft.device, said))
    return
  }
  if (located !== undefined) take(draft, sayReach(one, located))
  const size = sizeIn(draft.observed ? text : draft.what.join('\n'))
  if (!BOUNCE.test(draft.id)) take(draft, sayCma(one, size))
  else take(draft, sayBounces(one, devices))
  if (located !== undefined) await show(draft, located, size ?? PAGE, model)
}

/** Models: Linux v6.12 kernel/dma/swiotlb.c: setup_io_tlb_npages */
const sayNoBounce = ({ cmdline }: Case): Said => {
  const asked = /(?:^|\s)swiotlb=(?:[\d,]*,)?noforce(?=\s|$)/.test(cmdline?.value ?? '')
  return cmdline === undefined || !asked
    ? { what: [], evidence: [], tries: [], decides: false }
    : {
        what: ['swiotlb=noforce on the command line asks for no bounce buffer'],
        evidence: [cmdline.evidence],
        tries: ['leave swiotlb=noforce out where a device reaches only part of RAM'],
        decides: true,
      }
}

/** How much of what a device maps is bounced. */
const sayBounces = (one: Case, devices: readonly string[]): Said => {
  for (const { file, facts } of one.traces)
    for (const device of devices) {
      const use = facts.devices.get(device)
      if (use === undefined || use.bounces === 0) continue
      return {
        what: [
          `the trace has ${use.bounces} bounced of ${Math.max(use.mappings, use.bounces)} mappings of ${device}; the largest is ${use.largest} bytes`,
        ],
        evidence: [{ file, line: use.line, text: `swiotlb_bounced: ${device}` }],
        tries:
          use.largest > 2 ** 18
            ? ['mappings of at most dma_max_mapping_size(), 256 KiB of bounce slots in one piece']
            : [],
        decides: false,
      }
    }
  return { what: [], evidence: [], tries: [], decides: false }
}

/** The same request on the model: refused there too, or evidence that other users of the memory are the matter. */
const show = async (draft: Draft, { device, mask }: Located, size: number, model: Model): Promise<void> => {
  const len = Math.min(LARGEST, Math.ceil(size / PAGE) * PAGE)
  const steps = BOUNCE.test(draft.id)
    ? [
        { do: 'alloc', buffer: 'data', size: len, from: 'pages' },
        { do: 'map', buffer: 'data', device: device.name, dir: 'TO_DEVICE' },
        { do: 'unmap', buffer: 'data', device: device.name },
        { do: 'free', buffer: 'data' },
      ]
    : [
        { do: 'alloc', buffer: 'data', size: len, from: 'coherent', device: device.name },
        { do: 'free', buffer: 'data' },
      ]
  const made = await model.run(stepsWork('same-request', steps))
  if (typeof made === 'string') return
  if (made.run.verdict !== 'works') draft.shown = model.shownOf(made, 'the same request on the model of this board')
  // A mask that was measured is not the one that the tree's board has.
  else if (mask === undefined && draft.certainty !== 'certain')
    draft.experiments.push(
      model.experiment(
        made,
        'on the model, where nothing else holds memory, the same request is served: what else holds memory is the matter',
      ),
    )
}
