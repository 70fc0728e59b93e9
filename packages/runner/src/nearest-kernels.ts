// The modelled releases around one that is not.
import { compareReleases, likeliest } from '@dmalab/api'

/** A hint for the refusal of a kernel: the modelled releases around it, or names that are written like it. */
export const nearestKernels = (base: string, names: readonly string[]): string | undefined => {
  const [arch = '', release = ''] = base.split('@')
  const ours = Object.hasOwn(ALIASES, arch) ? ALIASES[arch] : undefined
  if (ours !== undefined) return `${arch} is called ${ours} here: --kernel ${ours}@${release}`
  if (release === '' && isNumbered(arch)) return ofEveryArch(arch.replace(/^v/, ''), names)
  const known = releasesOf(arch, names)
  if (!isNumbered(release) || known.length === 0) return likeliest(base, names)
  const older = known.findLast((one) => compareReleases(one, release) < 0)
  const newer = known.find((one) => compareReleases(one, release) > 0)
  const near = [older, newer].flatMap((one) => (one === undefined ? [] : [`${arch}@${one}`]))
  const between = near.length === 2 ? `; dmalab kernel diff ${near.join(' ')} shows what lies between` : ''
  return `the nearest modelled: ${near.join(' and ')}${between}`
}

/** A release alone, where no board says of which architecture. */
const ofEveryArch = (release: string, names: readonly string[]): string => {
  const arches = [...new Set(names.filter((name) => name.includes('@')).map((name) => name.split('@')[0] ?? ''))]
  return `name the architecture, too: ${arches.map((arch) => `${arch}@${release}`).join(', ')}`
}

/** What others call the architectures. */
const ALIASES: Readonly<Record<string, string>> = {
  aarch64: 'arm64',
  armhf: 'arm',
  armv7l: 'arm',
  amd64: 'x86_64',
  x86: 'x86_64',
  riscv: 'riscv64',
}

/** Oldest first. */
export const releasesOf = (arch: string, names: readonly string[]): readonly string[] =>
  names
    .filter((name) => name.startsWith(`${arch}@`))
    .map((name) => name.slice(arch.length + 1))
    .filter(isNumbered)
    .toSorted(compareReleases)

/** `6`, `6.12`, `v6.12.3-rt5`; not `6,12`, `6.x` or `1e3`. */
export const isNumbered = (release: string): boolean => /^v?\d+(?:\.\d+(?:[-.+~_].*)?|[-+].*)?$/.test(release)
