// What is chance on the real machine, or what the recording machine cannot show: left out of the comparison, and nothing else.
import { ATTR, has } from '@dmalab/api'
import type { DmaBoot } from './dma-boot.ts'
import { isStoppedByPermission } from './device-access.ts'
import { UNLIMITED } from './device-commands.ts'
import { isTranslated } from './places.ts'
import { strayParts } from './stray-pages.ts'

/** A command that was answered. */
export interface Answered {
  readonly boot: DmaBoot
  readonly command: string
  /** The object or device that it is about. */
  readonly name: string
  /** The whole command. */
  readonly what: string
  readonly recorded: string
  readonly got: string
}

interface Arbitrary {
  readonly what: string
  applies(answered: Answered): boolean
  /** The answer without what is chance; done to both answers. */
  mask(answer: string, answered: Answered): string
}

/** Console lines were cut at about so many characters. */
const CUT = 900

const ofTranslated = ({ boot, name }: Answered): boolean => {
  const object = boot.get(name)
  return object !== undefined && 'device' in object && isTranslated(object.device)
}

const ARBITRARY: readonly Arbitrary[] = [
  {
    what: 'what lies behind an IOVA: checked by bytes',
    applies: () => true,
    mask: (answer) =>
      answer.replaceAll(
        /(iova=[0-9a-f]+\+[0-9a-f]+)(?: (?:same|[a-z][a-z0-9]*:[0-9a-f]+))?(?: scattered)?(?: unmapped)?/g,
        '$1',
      ),
  },
  {
    what: 'the offset inside the CMA area',
    applies: () => true,
    mask: (answer) => answer.replaceAll(/cma0:[0-9a-f]+/g, 'cma0'),
  },
  {
    what: 'how adjacent places of a list are marked',
    applies: () => true,
    mask: (answer) => answer.replaceAll('|~ ', '| '),
  },
  {
    what: 'a console line that was cut: what stands before the cut is compared',
    applies: ({ recorded }) => recorded.length > CUT,
    mask: (answer, { recorded }) =>
      answer
        .split(' |')
        .slice(0, recorded.split(' |').length - 1)
        .join(' |'),
  },
  {
    what: 'the number of entries of get_sgtable behind an IOMMU',
    applies: (answered) => answered.command === 'getsgt' && ofTranslated(answered),
    mask: (answer) => answer.replace(/^getsgt ok .*/, 'getsgt ok'),
  },
  {
    what: 'size and width of C types: SIZE_MAX is not a limit',
    applies: ({ command }) => command === 'info',
    mask: (answer) =>
      answer
        .replace(/max=(?:f{8}|f{16}) /, `max=${UNLIMITED} `)
        .split(' ')
        .slice(0, 3)
        .join(' '),
  },
  {
    what: 'contents of NO_KERNEL_MAPPING memory before the first write',
    applies: ({ boot, command, name }) => ['dread', 'cread', 'xread'].includes(command) && boot.isUnwritten(name),
    mask: (answer) => answer.replace(/ [0-9a-f]{8}$/, ' contents'),
  },
  {
    what: 'where pages lie, which a bus address shows that is their physical one (MMIO) and that no window covers',
    applies: ({ command, what }) =>
      (command === 'mphys' || command === 'sgmap') && /:\d/.test(what) && / 1\d{3}(?: |$)/.test(what),
    mask: (answer) => answer.replaceAll(/(ram:0\+[0-9a-f]+) d=[0-9a-f]+/g, '$1'),
  },
  {
    what: "where a block's pages lie, and which pages the stack's words mean (arch/arm behind an IOMMU): which of them are foreign is compared",
    applies: ({ command }) => command === 'pg',
    mask: (answer) =>
      answer.replace(/base=[0-9a-f]+/, 'base').replaceAll(/ [0-9a-f]+(?:\(noram\))?(?= |$)/g, ' foreign'),
  },
  {
    what: 'what foreign pages hold: a device behind an IOMMU of arch/arm was given pages that the stack named',
    applies: ({ boot, command, name, what }) => {
      const [, , offset, len] = what.split(' ')
      return command === 'dread' && strayParts(boot, name, Number(offset), Number(len)).length > 0
    },
    mask: (answer) => answer.replace(/ [0-9a-f]{8}$/, ' contents'),
  },
  {
    what: 'what foreign memory holds: a bus address that is a physical one (MMIO) leads elsewhere through the windows of a bus',
    applies: ({ boot, command, name }) => {
      const object = boot.get(name)
      const goesOutAsIs = object?.kind === 'mapping' && object.by === 'phys' && has(object.attrs, ATTR.MMIO)
      return command === 'dread' && goesOutAsIs && object.device.facts.dmaRanges !== undefined
    },
    mask: (answer) => answer.replace(/ [0-9a-f]{8}$/, ' contents'),
  },
  {
    what: 'which IOVA comes next once the flush queue has been in use (a 10 ms timer empties it)',
    applies: ({ boot }) => boot.lazyFrees,
    mask: (answer) => answer.replaceAll(/iova=[0-9a-f]+\+/g, 'iova+'),
  },
  {
    what: 'a write through a TO_DEVICE mapping: the recording device does not look at permissions, the model must stop it',
    applies: ({ boot, command, name, got, recorded }) =>
      command === 'dwrite' && got === 'dwrite EFAULT' && recorded === 'dwrite ok' && isStoppedByPermission(boot, name),
    mask: () => 'dwrite stopped',
  },
]

/** Do the two answers mean the same? */
export const sameAnswer = (answered: Answered): boolean => {
  const rules = ARBITRARY.filter((rule) => rule.applies(answered))
  const masked = (answer: string): string => rules.reduce((text, rule) => rule.mask(text, answered), answer)
  return masked(answered.recorded) === masked(answered.got)
}
