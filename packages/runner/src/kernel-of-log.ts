// The kernel that a log names, as a kernel to run on, and what to know about the difference.
import { type ArchName, InputError, runsKernelsOf } from '@dmalab/api'

/** In the place of a kernel's name: the one that the log names. */
export const AUTO_KERNEL = 'auto'

/** What the log says of its kernel (kernelFromBanner of klog). */
export interface LoggedKernel {
  readonly release: string
  readonly suffix: string
  readonly vendor: string | null
  readonly arch: ArchName | null
}

export interface KernelOfLog {
  /** `arm64@6.1.21`: a stable release as the log has it, modelled or not. */
  readonly kernel: string
  /** Which was taken and by what; warnings of what it may have that no mainline release has. */
  readonly notes: readonly string[]
}

/**
 * `board` is the architecture of the machine that it is to run on, where there is one: it counts, unless it runs such kernels, too.
 * @throws InputError for a log that names no kernel, or neither log nor board an architecture
 */
export const kernelOfLog = (logged: LoggedKernel | undefined, board: ArchName | null): KernelOfLog => {
  if (logged === undefined)
    throw new InputError('the log does not say which kernel wrote it', {}, 'name it: --kernel arch@release')
  const { release, suffix, vendor, arch } = logged
  const isSmaller = board !== null && arch !== null && arch !== board && runsKernelsOf(board, arch)
  const runsOn = isSmaller ? arch : (board ?? arch)
  if (runsOn === null)
    throw new InputError(
      `the log is of Linux ${release}, and does not say of which architecture`,
      {},
      `name both: --kernel arch@${release}`,
    )
  const kernel = `${runsOn}@${release}`
  const notes = [`kernel ${kernel}: the log is of ${release}${suffix}${arch === null ? '' : ` on ${arch}`}`]
  if (isSmaller) notes.push(`a kernel of ${arch} on a board of ${board}`)
  if (vendor !== null)
    notes.push(`warning: ${suffix} is a kernel of ${vendor}: changes that it carries are not modelled`)
  else if (suffix !== '')
    notes.push(
      `warning: ${suffix} says that the kernel was built by its user: changes that it carries are not modelled`,
    )
  if (arch !== null && arch !== runsOn) notes.push(`warning: the log is of ${arch}, and the board of ${runsOn}`)
  return { kernel, notes }
}
