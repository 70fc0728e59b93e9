#!/usr/bin/env node
// Holds the catalogue of kernel messages against kernel trees: which wording stands in the sources of which release, and which file prints it.
// Prints, for each form, the trees that hold it, and the first file that does; then the forms that no tree has (older or newer wordings,
// vendors, programs, and what the kernel puts together from pieces), and those whose release range says otherwise. A form may be the
// begin of a longer format: in a release that is out of its range, only the whole format counts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { argumentsOf, refuse } from './arguments.mjs'
import { kernelMessages } from '../packages/klog/dist/index.js'

/** Where kernels print about DMA memory. */
const ROOMS = [
  'arch/arm/common',
  'arch/arm/kernel',
  'arch/arm/mm',
  'arch/arm64/kernel',
  'arch/arm64/mm',
  'arch/riscv/mm',
  'arch/s390/pci',
  'arch/x86/include/asm',
  'arch/x86/kernel',
  'arch/x86/mm',
  'drivers/dma-buf',
  'drivers/gpu/drm/drm_fb_dma_helper.c',
  'drivers/gpu/drm/drm_gem_dma_helper.c',
  'drivers/gpu/drm/drm_prime.c',
  'drivers/gpu/drm/etnaviv',
  'drivers/gpu/drm/exynos',
  'drivers/gpu/drm/lima',
  'drivers/gpu/drm/mediatek',
  'drivers/gpu/drm/msm',
  'drivers/gpu/drm/omapdrm',
  'drivers/gpu/drm/panfrost',
  'drivers/gpu/drm/rockchip',
  'drivers/gpu/drm/tegra',
  'drivers/gpu/drm/v3d',
  'drivers/gpu/drm/vc4',
  'drivers/iommu',
  'drivers/media/common/videobuf2',
  'drivers/memory/tegra',
  'drivers/of',
  'drivers/vfio',
  'drivers/xen',
  'include/linux',
  'kernel/dma',
  'kernel/iomem.c',
  'kernel/panic.c',
  'mm',
]

/** Messages that the kernel puts together from pieces, so that no format has them whole. */
const IN_PIECES = new Set([
  'tegra-mc-fault',
  'fault-paging',
  'fault-warning',
  'exynos-sysmmu-fault',
  'vb2-memory-failed',
  'msm-iommu-fault',
  'dma-pool-free-invalid',
])

/** pr_fmt puts this before a format; it does not stand with it. */
const PRINTED_BEFORE = /^(?:software IO TLB|DMA-API|DMA|cma|AMD-Vi|DMAR|OF|Reserved memory|OF: reserved mem): /

function* sources(folder) {
  let entries = []
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    // An older release may not have the folder.
  }
  if (entries.length === 0 && existsSync(folder) && folder.endsWith('.c')) yield folder
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    // Headers of GPUs are registers.
    else if (/\.[chS]$/.test(entry.name) && !(entry.name.endsWith('.h') && path.includes('/gpu/'))) yield path
  }
}

/** Strings of C that are broken over lines, as one; formats without their conversions. */
const textOf = (source) =>
  source
    .replaceAll(/"\s*(?:PRI\w+\s*)?\\?\s*"/g, '')
    .replaceAll(/\\"/g, '"')
    .replaceAll(/%[-#+ 0-9.*]*(?:hh|h|ll|l|z|t|L)?[a-zA-Z]\w{0,4}/g, '%')

const COMMAND = {
  call: 'node scripts/kernel-messages.mjs',
  about: 'Prints which wording of each kernel message stands in which kernel tree, and which file has it.',
  words: 'RELEASE=TREE',
  examples: ['6.1=linux-source-6.1 6.12=linux-source-6.12'],
}
const { words } = argumentsOf(COMMAND)
if (words.length === 0) refuse(COMMAND, 'give a kernel tree, such as 6.12=linux-source-6.12')
const trees = words.map((word) => {
  const [name, folder = ''] = word.split('=')
  if (!existsSync(folder)) refuse(COMMAND, `'${word}' is no RELEASE=TREE: there is no folder '${folder}'`)
  const files = ROOMS.flatMap((room) => [...sources(join(folder, room))]).map((path) => ({
    path: relative(folder, path),
    text: textOf(readFileSync(path, 'latin1')),
  }))
  // One text, so that a piece is looked for once; each file begins with its path.
  return { name, text: files.map(({ path, text }) => `\0${path}\n${text}`).join('') }
})

/**
 * `4.11+`, `3.x to 5.7`, `6.1`: does a release lie in it? undefined: the range does not say, as of the end of `to 6.x` and the begin of
 * `6.x+` in releases of 6.
 */
const isIn = (range, release) => {
  if (range.includes('all')) return undefined
  const number = (text) => {
    const [, major, minor] = /^(\d+)(?:\.(\d+|x))?/.exec(text) ?? []
    return major === undefined
      ? undefined
      : { major: Number(major), minor: minor === 'x' ? undefined : Number(minor ?? 0) }
  }
  const at = number(release)
  const [from, to] = range.replace('+', '').split(' to ')
  const low = number(from)
  if (low === undefined || at === undefined) return undefined
  const high = to === undefined ? (range.endsWith('+') ? { major: Infinity, minor: 0 } : low) : number(to)
  for (const edge of [low, high]) if (edge.major === at.major && edge.minor === undefined) return undefined
  const isBelow = (a, b) => a.major < b.major || (a.major === b.major && a.minor < b.minor)
  return !isBelow(at, low) && !isBelow(high, at)
}

const escaped = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/ +/g, '\\s+')
/** The pieces of a form in their order, each within one format; `whole`: and nothing else behind. */
const patternOf = (text, whole) => {
  const pieces = text
    .replace(PRINTED_BEFORE, '')
    .split(/<\w+>/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const end = whole && !text.endsWith('>') ? '[.!]?(?:\\\\n)?"' : ''
  return new RegExp(`${pieces.map(escaped).join('[^"\\n]{0,80}?')}${end}`)
}

/** Formats around the longest piece of a form that hold all of it. */
const placesOf = (all, text) => {
  const [piece] = text
    .replace(PRINTED_BEFORE, '')
    .split(/<\w+>/)
    .map((part) => part.trim())
    .toSorted((a, b) => b.length - a.length)
  const [some, whole] = [patternOf(text, false), patternOf(text, true)]
  const places = []
  for (let at = all.indexOf(piece); at >= 0 && places.length < 16; at = all.indexOf(piece, at + 1)) {
    const around = all.slice(Math.max(0, at - 300), at + piece.length + 300)
    if (some.test(around)) places.push({ at, isWhole: whole.test(around) })
  }
  return places
}

const nowhere = []
const contradicted = []
for (const message of kernelMessages()) {
  for (const { releases, text } of message.forms) {
    const found = trees.flatMap(({ name, text: all }) => {
      const [first, ...others] = placesOf(all, text)
      if (first === undefined) return []
      const start = all.lastIndexOf('\0', first.at) + 1
      return [
        {
          name,
          path: all.slice(start, all.indexOf('\n', start)),
          isWhole: [first, ...others].some(({ isWhole }) => isWhole),
        },
      ]
    })
    if (found.length === 0) nowhere.push(`${message.id}: ${releases}: ${text}`)
    else
      console.log(`${message.id}: ${releases}: ${found.map(({ name }) => name).join(' ')}: ${found[0].path}: ${text}`)
    for (const { name } of trees) {
      const one = found.find((each) => each.name === name)
      const should = isIn(releases, name)
      if (should === undefined || IN_PIECES.has(message.id)) continue
      // A tree may be unpacked in part.
      const isThere =
        found.length > 0 && trees.find((tree) => tree.name === name)?.text.includes(`\0${found[0].path}\n`)
      if (should && one === undefined && isThere)
        contradicted.push(`${message.id}: ${releases}: ${name} has not: ${text}`)
      if (!should && one?.isWhole === true) contradicted.push(`${message.id}: ${releases}: ${name} has: ${text}`)
    }
  }
}
console.log(`\nIn none of these trees (${nowhere.length}):\n  ${nowhere.join('\n  ')}`)
console.log(`\nThe range says otherwise (${contradicted.length}):\n  ${contradicted.join('\n  ')}`)
