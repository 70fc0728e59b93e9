// Why an overlay cannot be laid over a board, with libfdt's name for it.
import { InputError } from '@dmalab/api'

type OverlayErrorCode = 'BADOVERLAY' | 'BADPHANDLE' | 'BADVALUE' | 'NOPHANDLES' | 'NOTFOUND'

/** @throws InputError always */
export function refuseOverlay(file: string, code: OverlayErrorCode, reason: string, hint?: string): never {
  throw new InputError(`the overlay does not fit: ${code}: ${reason}`, { file }, hint)
}
