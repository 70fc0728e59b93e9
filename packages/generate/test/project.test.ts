// What is in a project.
import { describe, expect, test } from 'vitest'
import { patchProject, PROJECT_KINDS, projectFiles, readDiff, reportOf } from '../src/index.ts'

describe.each(PROJECT_KINDS)('%s', (kind) => {
  const files = projectFiles(kind, 'some-name', '0.2.0')
  const text = (path: string): string => files.find((file) => file.path === path)?.text ?? ''

  test('has code, a test, a tutorial and a manifest, all by its name', () => {
    expect(files.map(({ path }) => path)).toEqual([
      'README.md',
      'package.json',
      'tsconfig.json',
      '.gitignore',
      'src/index.ts',
      'test/some-name.test.ts',
    ])
    expect(files.filter((file) => /my[-_]thing/.test(file.text))).toEqual([])
    expect(text('src/index.ts')).toContain('some-name')
    expect(JSON.parse(text('package.json'))).toMatchObject({ name: 'some-name', oclif: {}, dmalab: { api: 2 } })
  })

  test('its code imports types only', () => {
    expect(text('src/index.ts').match(/^import (?!type)/gm)).toBeNull()
  })
})

test.each(['', '-x', 'X', 'a b', '../x', 'a/b', 'a--b', "x'y", 'a'.repeat(41), '__proto__'])(
  '%j is no name',
  (name) => {
    expect(() => projectFiles('patch', name, '0.2.0')).toThrow('is not a name for a plug-in')
  },
)

test('a patch of a diff has one entry a hunk, and a place for each function that is modelled', () => {
  const diff = readDiff(
    `--- a/arch/arm/mm/dma-mapping.c
+++ b/arch/arm/mm/dma-mapping.c
@@ -1 +1,2 @@ int arm_dma_map_sg(struct device *dev)
 {
+x
@@ -9 +10,2 @@ int it's_odd*/(struct device *dev)
 {
+x
--- a/drivers/media/v4l2-core/videobuf2-dma-contig.c
+++ b/drivers/media/v4l2-core/videobuf2-dma-contig.c
@@ -1 +1,2 @@ static void *vb2_dc_alloc(struct device *dev)
 {
+x
`,
    'my.diff',
  )
  const operations = new Map([['arm_dma_map_sg', { operation: 'mapSg', tables: ['arm'] }]])
  const hunks = reportOf(diff, { operations, allocators: ['vb2-dma-contig'] })
  expect(hunks.map(({ touches }) => touches.by)).toEqual(['functions', 'nothing', 'allocators'])
  const files = patchProject('my-patch', hunks, { title: null, file: 'my.diff', version: '0.2.0' })
  const code = files.find(({ path }) => path === 'src/index.ts')?.text ?? ''
  expect(code).toContain('functions: { arm_dma_map_sg: armDmaMapSg }')
  expect(code).toContain("allocators: { 'vb2-dma-contig': vb2DmaContig }")
  expect(code.match(/what: 'to be said/g)).toHaveLength(3)
})
