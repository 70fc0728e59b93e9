// What the name of a CPU core says about its data cache, where the device tree does not say it.
import type { LineSize } from '@dmalab/api'
import type { DebianArch } from '../of/architectures.ts'

export interface CoreFacts {
  /** Architecture of a kernel that runs on it; a 64-bit core may run a 32-bit kernel, which then has to be asked for. */
  readonly arch: DebianArch
  readonly lineSize: LineSize
  /** Virtually indexed data cache in which one page may lie in several places. */
  readonly aliasing: boolean
}

const core = (arch: DebianArch, lineSize: LineSize, aliasing = false): CoreFacts => ({ arch, lineSize, aliasing })

/** First match wins. Line sizes: technical reference manuals of the cores. */
const CORES: readonly (readonly [RegExp, CoreFacts])[] = [
  [/^arm,cortex-a[59]$/, core('armhf', 32)],
  [/^arm,cortex-a(7|8|12|15|17|32)$/, core('armhf', 64)],
  [/^arm,(arm11mpcore|cortex-r\d)/, core('armhf', 32)],
  [/^arm,(arm11|arm9|sa1100|xscale)|^intel,xscale|^marvell,(feroceon|mohawk|88fr)/, core('armhf', 32, true)],
  [/^faraday,fa526/, core('armhf', 16, true)],
  [/^marvell,(pj4|sheeva)/, core('armhf', 32)],
  [/^qcom,(krait|scorpion)|^brcm,brahma-b15/, core('armhf', 64)],
  [/^arm,(cortex-|neoverse-|armv8|rainier)/, core('arm64', 64)],
  [/^(apm|apple|brcm|cavium|hisilicon|nvidia|phytium|qcom),/, core('arm64', 64)],
  [/^(riscv|sifive|thead|andestech|spacemit|starfive|sophgo|eswin)\b/, core('riscv64', 64)],
]

/** What is known of the first core that is known. */
export function coreFacts(compatible: readonly string[]): CoreFacts | undefined {
  for (const name of compatible) {
    const found = CORES.find(([pattern]) => pattern.test(name))
    if (found !== undefined) return found[1]
  }
  return undefined
}
