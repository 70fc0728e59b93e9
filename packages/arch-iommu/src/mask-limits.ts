// Where addresses of a device may lie under a mask.
import type { Host, IommuLimits } from '@dmalab/api'

export class MaskLimits implements IommuLimits {
  readonly mask: number | bigint
  readonly bus: number
  readonly aperture: number | bigint
  /** Shared by all mappings: the first failure below 4 GiB ends the preference for good. */
  readonly #preference: { pci32: boolean }
  readonly #ends: boolean

  constructor({ device, kernel }: Host, aperture: number | bigint, maskBits: number, preference: { pci32: boolean }) {
    // Beyond an aperture's end the mask's exact value does not matter.
    this.mask = maskBits >= 53 && aperture === 0 ? 2n ** BigInt(maskBits) - 1n : 2 ** maskBits - 1
    this.bus = device.facts.busLimit ?? 0
    this.aperture = aperture
    this.#preference = preference
    this.#ends = kernel.iommuPci32 === 'once'
  }

  get pci32(): boolean {
    return this.#preference.pci32
  }
  set pci32(tries: boolean) {
    if (this.#ends) this.#preference.pci32 = tries
  }
}
