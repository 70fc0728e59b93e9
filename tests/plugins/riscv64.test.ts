// A RISC-V kernel that a plug-in outside the repository brings: it names the built-in Arch and op table, and states facts of a release.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DIR, pfnOf, phys } from '@dmalab/api'
import { openLaboratory } from '@dmalab/lab/node'
import { openLab, parseKernel } from '@dmalab/runner'
import { afterAll, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'dmalab-riscv-'))
afterAll(() => rmSync(folder, { recursive: true }))
cpSync(join(ROOT, 'examples/plugins/riscv64'), folder, { recursive: true })

test('the founding pipeline works on it, zero-copy', () => {
  const args = [
    'run',
    'founding',
    '--plugin',
    folder,
    '--board',
    'riscv-board',
    '--kernel',
    'riscv64@example',
    '--json',
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'apps/cli/bin/run.js'), ...args], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('riscv64@example')
  expect(stdout).toMatch(/"intact": 30/)
})

test('an oops reads as that of a RISC-V kernel', async () => {
  const parts = await openLaboratory({ given: [folder] })
  const kernel = parseKernel('riscv64@example', parts.registry)
  const lab = openLab(parts, { kernel, machine: parts.registry.boards.get('riscv-board') })
  const page = { kind: 'page', pfn: pfnOf(phys(0x9000_0000)) } as const
  const map = () => lab.dma.mapPageAttrs(lab.device('converter'), page, 0, 4096, DIR.TO_DEVICE, 0)
  const textOf = (body: () => unknown): readonly string[] => {
    try {
      body()
      return []
    } catch (e) {
      return (e as { readonly oops: { readonly text: readonly string[] } }).oops.text
    }
  }
  expect(textOf(map)).toEqual([
    'Unable to handle kernel paging request at virtual address ffffffd610000000',
    'Oops [#1]',
    'epc : arch_dma_cache_wback',
    ' ra : arch_sync_dma_for_device',
    ' arch_dma_cache_wback',
    ' arch_sync_dma_for_device',
    ' dma_map_page_attrs',
  ])
})
