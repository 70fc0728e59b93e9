#!/usr/bin/env node
// Holds the catalogue of kernel messages against kernel trees: which wording stands in the sources of which release, and which file prints it.
//
//   node scripts/kernel-messages.mjs NAME=TREE...        such as 6.1=linux-source-6.1 6.12=linux-source-6.12
//
// Prints, for each form, the trees that hold its longest piece of text, and the first file that does; then the forms that no tree has
// (older or newer wordings, vendors, programs), and those whose release range says that a tree should have them.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { kernelMessages } from '../packages/klog/dist/index.js'

/** Where kernels print about DMA memory. */
const ROOMS = [
  'arch/arm/mm',
  'arch/arm/common',
  'arch/arm64/mm',
  'arch/riscv/mm',
  'arch/s390/pci',
  'arch/x86/kernel',
  'drivers/dma-buf',
  'drivers/gpu/drm/msm',
  'drivers/gpu/drm/panfrost',
  'drivers/gpu/drm/vc4',
  'drivers/iommu',
  'drivers/media/common/videobuf2',
  'drivers/memory/tegra',
  'drivers/of',
  'drivers/vfio',
  'drivers/xen',
  'kernel/dma',
  'mm',
]

/** pr_fmt puts this before a format; it does not stand with it. */
const PRINTED_BEFORE = /^(?:software IO TLB|DMA-API|DMA|cma|AMD-Vi|DMAR|OF|Reserved memory|OF: reserved mem): /

function* sources(folder) {
  let entries = []
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    // An older release may not have the folder.
  }
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* sources(path)
    else if (/\.[chS]$/.test(entry.name)) yield path
  }
}

/** Strings of C that are broken over lines, as one; formats without their conversions. */
const textOf = (source) =>
  source
    .replaceAll(/"\s*(?:PRI\w+\s*)?\\?\s*"/g, '')
    .replaceAll(/\\"/g, '"')
    .replaceAll(/%[-#+ 0-9.*]*(?:hh|h|ll|l|z|t|L)?[a-zA-Z]\w{0,4}/g, '%')

const trees = process.argv.slice(2).map((word) => {
  const [name, folder] = word.split('=')
  const files = ROOMS.flatMap((room) => [...sources(join(folder, room))]).map((path) => ({
    path: relative(folder, path),
    text: textOf(readFileSync(path, 'latin1')),
  }))
  // One text, so that a piece is looked for once; each file begins with its path.
  return { name, text: files.map(({ path, text }) => `\0${path}\n${text}`).join('') }
})
if (trees.length === 0) {
  console.error('usage: node scripts/kernel-messages.mjs NAME=TREE...')
  process.exit(2)
}

/** `4.11+`, `3.x to 5.7`, `6.1`: does a release lie in it? undefined: the range does not say. */
const isIn = (range, release) => {
  const number = (text) => {
    const [, major, minor] = /^(\d+)(?:\.(\d+|x))?/.exec(text) ?? []
    return major === undefined
      ? undefined
      : Number(major) * 1000 + (minor === 'x' || minor === undefined ? 0 : Number(minor))
  }
  const at = number(release)
  const [from, to] = range.replace('+', '').split(' to ')
  const low = number(from)
  if (low === undefined || at === undefined) return undefined
  const high = to === undefined ? (range.endsWith('+') ? Infinity : low) : number(to) + (to.endsWith('x') ? 999 : 0)
  return at >= low && at <= high
}

const nowhere = []
const contradicted = []
for (const message of kernelMessages()) {
  for (const { releases, text } of message.forms) {
    const [piece] = text
      .replace(PRINTED_BEFORE, '')
      .split(/<\w+>/)
      .map((part) => part.trim())
      .toSorted((a, b) => b.length - a.length)
    const found = trees.flatMap(({ name, text: all }) => {
      const at = all.indexOf(piece)
      if (at < 0) return []
      const start = all.lastIndexOf('\0', at) + 1
      return [{ name, path: all.slice(start, all.indexOf('\n', start)) }]
    })
    if (found.length === 0) nowhere.push(`${message.id}: ${releases}: ${text}`)
    else
      console.log(`${message.id}: ${releases}: ${found.map(({ name }) => name).join(' ')}: ${found[0].path}: ${piece}`)
    for (const { name } of trees) {
      const has = found.some((one) => one.name === name)
      const should = isIn(releases, name)
      // A tree may be unpacked in part.
      const isThere =
        found.length === 0 || trees.find((tree) => tree.name === name)?.text.includes(`\0${found[0].path}\n`) === true
      if (should !== undefined && should !== has && isThere)
        contradicted.push(`${message.id}: ${releases}: ${name} ${has ? 'has' : 'has not'}: ${piece}`)
    }
  }
}
console.log(`\nIn none of these trees (${nowhere.length}):\n  ${nowhere.join('\n  ')}`)
console.log(`\nThe range says otherwise (${contradicted.length}):\n  ${contradicted.join('\n  ')}`)
