// What a kernel log says of its machine: banner, model, command line, memory, devices; and what drivers say failed.
import type { ArchName } from '@dmalab/api'
import { kernelFromBanner } from '@dmalab/klog'
import type { DriverFailure, LogFacts, Place } from './content.ts'
import { KEPT } from './limits.ts'

export interface LogFactsReader {
  line(text: string, line: number): void
  end(): LogFacts
}

/** Lines in which a kernel says what it runs on; looking for it in all of a long log would cost more than reading it. */
const BOOT_LINES = 20_000

/** Characters of a line that are shown. */
const SHOWN = 200
export const placeOf = (text: string, line: number): Place => ({ line, text: text.trim().slice(0, SHOWN) })

/** How a kernel gives its architecture away behind its banner. */
const ARCHES: readonly (readonly [pattern: RegExp, arch: ArchName])[] = [
  [/Booting Linux on physical CPU 0x[0-9a-f]{10} \[|\baarch64\b|\bpstate: [0-9a-f]{8}\b|\bESR = 0x|\barm64\b/, 'arm64'],
  [
    /\bCPU: ARMv\d|\bARMv7 Processor|\bPC is at \w|\barmv7l\b|^(?:\[[^\]]{0,20}\] ?)?r10: [0-9a-f]{8} {1,2}r9 : /,
    'arm',
  ],
  [/\bBIOS-e820|\bRIP: 00\d\d:|\bx86\/fpu|\bx86_64\b|\bDMI: |\bsmpboot: /, 'x86_64'],
  [/\briscv:|\bSBI specification v|\bepc : [0-9a-f]{16}/, 'riscv64'],
]
/** More than boards have. */
const BANKS = 32

/** The last address counts in. */
export const bankOf = (from: string, to: string): string => {
  const [base, last] = [BigInt(`0x${from}`), BigInt(`0x${to}`)]
  return `${(last - base + 1n).toString()}@0x${base.toString(16)}`
}
const BANK = /\bnode +\d+: \[mem 0x([0-9a-f]{8,16})-0x([0-9a-f]{8,16})\]/
const PREFIXED =
  /^(?:<\d{1,3}>)?\[ {0,12}\d{1,9}\.\d{1,9}\]|^\[[A-Z][a-z]{2} [A-Z][a-z]{2} |\d\d:\d\d\S{0,24} .{0,80}\bkernel: |^<\d>/
const PLATFORM = /(?:^|[ (])((?:[0-9a-f]{5,12}|[\w-]{1,32}:[\w-]{1,32})\.[a-z][\w-]{0,40}|soc:[\w-]{1,40}):/
const FAILURE =
  /(?:^|[\]:>] {0,4})([\w.-]{2,40}) ((?:[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.\d|[\w:.@-]{2,60})): (.{0,160}(?:fail|can'?t|cannot|could ?n[o']t|unable|error|refus|no memory|not enough).{0,80}?[ (=:](-\d{1,4})\b.{0,60})/i

export const createLogFacts = (): LogFactsReader => {
  const first: { [Name in 'release' | 'model' | 'cmdline']?: Place & { readonly value: string } } = {}
  let arch: LogFacts['arch']
  let cma: LogFacts['cma']
  const banks: string[] = []
  let total: string | undefined
  let kernelLines = 0
  const devices = new Map<string, Place>()
  const failures: DriverFailure[] = []
  const pipelines: Place[] = []
  const take = (name: keyof typeof first, pattern: RegExp, text: string, line: number): void => {
    const value = first[name] === undefined ? pattern.exec(text)?.[1]?.trim() : undefined
    if (value !== undefined && value !== '') first[name] = { ...placeOf(text, line), value }
  }
  return {
    line: (whole, line) => {
      const text = whole.slice(0, 2048)
      if (kernelLines === 0 && PREFIXED.test(text)) kernelLines = 1
      if (text.includes('Linux version')) {
        take('release', /\bLinux version (\d[\w.+~-]{0,80})/, text, line)
        const value = kernelFromBanner(text)?.arch
        if (typeof value === 'string') arch ??= { ...placeOf(text, line), value }
      }
      if (text.includes('model: ') || text.includes('DMI: ') || text.includes('Hardware name: '))
        take('model', /\b(?:Machine model|DMI|Hardware name): ([^\r\n]{1,120})/, text, line)
      if (text.includes('ommand line: ')) take('cmdline', /\b(?:Kernel c|C)ommand line: (.{0,1500})/, text, line)
      const one = arch === undefined && line < BOOT_LINES ? ARCHES.find(([pattern]) => pattern.test(text)) : undefined
      if (one !== undefined) arch = { ...placeOf(text, line), value: one[1] }
      const reserved = text.includes('cma-reserved')
        ? /\bMemory: \d{1,12}K\/\d{1,12}K available.{0,200}?\b(\d{1,12})K cma-reserved/.exec(text)?.[1]
        : undefined
      if (reserved !== undefined) cma = { ...placeOf(text, line), value: Number(reserved) * 1024 }
      const [, from, to] = text.includes(': [mem 0x') ? (BANK.exec(text) ?? []) : []
      if (from !== undefined && to !== undefined && banks.length < BANKS) banks.push(bankOf(from, to))
      const kib = text.includes('K available')
        ? /\bMemory: \d{1,12}K\/(\d{1,12})K available/.exec(text)?.[1]
        : undefined
      if (kib !== undefined) total ??= `${kib}KiB`
      const device = devices.size < KEPT && line < BOOT_LINES ? PLATFORM.exec(text)?.[1] : undefined
      if (device !== undefined && !devices.has(device)) devices.set(device, placeOf(text, line))
      const failed = /[ (=:]-\d/.test(text) ? FAILURE.exec(text) : null
      if (failed !== null && failures.length < KEPT)
        failures.push({
          ...placeOf(text, line),
          driver: failed[1] ?? '',
          device: failed[2] ?? '',
          errno: Number(failed[4]),
        })
      if (text.includes('gst-launch') && / ! /.test(text) && pipelines.length < KEPT)
        pipelines.push(placeOf(text, line))
    },
    end: () => ({
      release: first.release,
      model: first.model,
      cmdline: first.cmdline,
      arch,
      cma,
      // Ranges of the Early memory node ranges; the initial ranges of nodes cover them again.
      memory: banks.length > 0 ? [...new Set(banks)] : total === undefined ? [] : [total],
      devices,
      failures,
      pipelines,
      kernelLines,
    }),
  }
}
