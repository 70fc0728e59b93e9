// Which kernel wrote a log: its banner, `uname -a`, or the head of an oops, whichever comes first.
import type { ArchName } from '@dmalab/api'

/** A kernel as its own log names it. */
export interface BannerKernel {
  /** Mainline or stable release: `6.1.21`, `6.13-rc2`. */
  readonly release: string
  /** What stands behind it, `-v8+`; empty for a release as it was published. */
  readonly suffix: string
  /** Whose kernel the suffix says it is; null: of no vendor that is known, or there is no suffix. */
  readonly vendor: string | null
  /** null: nothing in the log tells it. */
  readonly arch: ArchName | null
  /** Of the line that names the release, from 1. */
  readonly line: number
}

/** @returns undefined where the text names no kernel */
export const kernelFromBanner = (text: string): BannerKernel | undefined => {
  const found = firstMatch(text)
  if (found === undefined) return undefined
  const { arch: inSuffix, ...kernel } = kernelFromVersion(found.version)
  return { ...kernel, arch: inSuffix ?? archOf(text, found.text), line: found.line }
}

/** What `uname -r` says, `6.1.21-v8+`. */
export const kernelFromVersion = (version: string): Omit<BannerKernel, 'line'> => {
  const { release, suffix } = partsOf(version)
  return {
    release,
    suffix,
    vendor: VENDORS.find(([pattern]) => pattern.test(suffix))?.[1] ?? null,
    arch: IN_SUFFIX.find(({ pattern }) => pattern.test(suffix))?.arch ?? null,
  }
}

/** `6.1.21-v8+` as release and suffix. A release candidate belongs to the release. */
const partsOf = (version: string): Pick<BannerKernel, 'release' | 'suffix'> => {
  const [release = version] = /^\d{1,3}\.\d{1,4}(?:\.\d{1,5})?(?:-rc\d{1,3})?/.exec(version) ?? []
  return { release, suffix: version.slice(release.length) }
}

const VERSION = String.raw`(\d{1,3}\.\d{1,4}[\w.+~-]{0,64})`
/** In the order of trust; of each, the first in the text counts. */
const FORMS: readonly RegExp[] = [
  new RegExp(String.raw`\bLinux version ${VERSION}(?: |$)`, 'm'),
  // uname -a: name of the host, then release, then #build.
  new RegExp(String.raw`^(?:.{0,80}[:$#] )?Linux \S{1,64} ${VERSION} #\d`, 'm'),
  // The head of an oops or warning, and of a latency trace.
  new RegExp(String.raw`\bCPU: \d{1,5} .{0,120}\b(?:Not tainted|Tainted: .{0,60}) ${VERSION} #`, 'm'),
  new RegExp(String.raw`^# \S{1,40} latency trace v[\d.]{1,12} on ${VERSION}`, 'm'),
]

const firstMatch = (
  text: string,
): { readonly version: string; readonly text: string; readonly line: number } | undefined => {
  for (const form of FORMS) {
    const match = form.exec(text)
    if (match === null) continue
    const start = text.lastIndexOf('\n', match.index) + 1
    const end = text.indexOf('\n', match.index)
    const line = text.slice(0, start).split('\n').length
    return { version: match[1] ?? '', text: text.slice(start, end === -1 ? undefined : end), line }
  }
  return undefined
}

/** Suffixes of kernels that carry changes of their own, most particular first. */
const VENDORS: readonly (readonly [RegExp, string])[] = [
  [/rpt|rpi|-v[678]l?(?:-16k)?\+|-v(?:8|7l)(?!\d)/, 'Raspberry Pi'],
  [/tegra|l4t/i, 'NVIDIA'],
  [/android|-gki|-perf|qgki/, 'Android'],
  [/imx|^-lf-|\blf-\d|fslc/, 'NXP'],
  [/-ti-|^-ti|-g[0-9a-f]+-ti/, 'Texas Instruments'],
  [/xilinx|xlnx/, 'Xilinx'],
  [/stm32mp/, 'STMicroelectronics'],
  [/mtk|mediatek/, 'MediaTek'],
  [/sunxi|meson|rockchip64|-current-|-edge-|-legacy-/, 'Armbian'],
  [/rk35|rk33|rockchip|-bsp/, 'Rockchip'],
  [/renesas|cip/, 'CIP'],
  [/starfive|visionfive/, 'StarFive'],
  [/\.(?:fc|el|amzn|cm)\d/, 'Fedora or Red Hat'],
  [/-(?:generic|raspi|aws|azure|oracle|lowlatency|kvm|gke|oem|snapdragon|intel-iotg|realtime|nvidia)/, 'Ubuntu'],
  [/-(?:arm64|armmp|amd64|riscv64|686|armel|marvell|rt-\w+|cloud-\w+)|deb\d|bpo|~/, 'Debian'],
  [/-default|-lp\d/, 'SUSE'],
  [/-arch|-ARCH|-MANJARO|-zen|-aarch64-/, 'Arch Linux'],
  [/-yocto|-poky/, 'Yocto'],
  [/openwrt/, 'OpenWrt'],
  [/-chromeos|-cros|-g[0-9a-f]+-dirty-cros/, 'ChromeOS'],
]

interface Telling {
  readonly pattern: RegExp
  readonly arch: ArchName
}

const telling = (arch: ArchName, pattern: RegExp): Telling => ({ arch, pattern })

/** In the line itself: the compiler of a cross build, or the machine that uname names at its end. */
const IN_LINE: readonly Telling[] = [
  telling('arm64', /\baarch64\b|\barm64\b|aarch64-/),
  telling('riscv64', /\briscv64\b|riscv64-/),
  telling('x86_64', /\bx86_64\b|x86_64-|\bamd64\b/),
  telling('arm', /\barmv[4-8]\w{0,2}\b|\barmhf\b|\barm-\w+-(?:\w+-)?\w*gnueabi|arm-none-eabi|-gnueabi/),
]

const IN_SUFFIX: readonly Telling[] = [
  telling('arm64', /arm64|aarch64|-v8(?!\d)|tegra|rk35|rk3399|imx8|rpi-2712|meson64|rockchip64/),
  telling('riscv64', /riscv64|starfive|visionfive/),
  telling('x86_64', /amd64|x86_64/),
  telling('arm', /armmp|armhf|-v[67]l?(?!\w)|armv7/),
]

/** Elsewhere in the log: what only one architecture prints. */
const IN_TEXT: readonly Telling[] = [
  telling(
    'arm64',
    /\bel0t_64_sync\b|\bel1h_64_sync\b|Booting Linux on physical CPU 0x[0-9a-f]{10} \[0x[0-9a-f]{8}\]|\bpstate: [0-9a-f]{8}\b/,
  ),
  telling('riscv64', /\bSBI specification v|riscv: base ISA extensions|\bdo_trap_ecall_u\b/),
  telling('x86_64', /\bBIOS-(?:provided|e820)|\bentry_SYSCALL_64|\bRIP: 0010:|\bDMAR: /),
  telling('arm', /\bCPU: ARMv[5-8] Processor|\bret_fast_syscall\b|Modem irqs off|\bcr=[0-9a-f]{8}\b|\bPC is at \w/),
]

const archOf = (text: string, line: string): ArchName | null =>
  (IN_LINE.find(({ pattern }) => pattern.test(line)) ?? IN_TEXT.find(({ pattern }) => pattern.test(text)))?.arch ?? null
