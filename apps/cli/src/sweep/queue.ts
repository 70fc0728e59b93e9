// The queue is a package of its own, which is loaded only by those who ask for it.
import { InputError } from '@dmalab/api'

export const loadQueue = async (): Promise<typeof import('@dmalab/sweep-queue')> => {
  try {
    return await import('@dmalab/sweep-queue')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
      throw new InputError('--queue needs the package @dmalab/sweep-queue', {}, 'npm install @dmalab/sweep-queue')
    throw error
  }
}
