// As control-characters.test.ts: what plans runs (sweeps, settings) or becomes a project (kernel diffs), in every way that it is told.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { dmalabWith } from './dmalab.ts'
import { escapedFields, EVIL, fields, sentIn } from './evil.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-esc-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SWEEP = `sweep: 1
name: "swept"
work: "founding"
frames: 1
size: ["64x32"]
board: ["odroid-xu4-2017"]
kernel: ["arm@4.11"]
`
/** Its name is all that a sweep takes as it is. */
const NAMED = escapedFields(SWEEP, 99).filter((text) => /name: "swept\\u001b/.test(text))

test('every field of a sweep', async () => {
  const sent: string[] = []
  for (const text of [...fields(SWEEP, 3), ...escapedFields(SWEEP, 4)]) {
    writeFileSync(join(folder, 'sweep.yaml'), text)
    const { out, err } = await dmalabWith({ cwd: folder }, 'sweep', 'sweep.yaml', '--workers', '0')
    sent.push(...sentIn(out, err))
  }
  expect([NAMED.length, sent]).toEqual([1, []])
})

test.each(['csv', 'markdown', 'junit', 'sarif'])('a sweep as %s, and as a page', async (format) => {
  writeFileSync(join(folder, 'named.yaml'), NAMED[0] ?? '')
  const words = ['sweep', 'named.yaml', '--workers', '0', '--report', format, '--html', 'sweep.html']
  const { code, out, err } = await dmalabWith({ cwd: folder }, ...words)
  expect([code, sentIn(out, err, readFileSync(join(folder, 'sweep.html'), 'utf8'))]).toEqual([0, []])
})

const SETTINGS = `board: "odroid-xu4-2017"
kernel: ["arm@4.11"]
bind: { v4l2src: "vivid" }
`
test('every field of the settings of a folder', async () => {
  const below = join(folder, 'settings')
  mkdirSync(below)
  const sent: string[] = []
  for (const text of [...fields(SETTINGS, 6), ...escapedFields(SETTINGS, 6)]) {
    writeFileSync(join(below, 'dmalab.yaml'), text)
    const { out, err } = await dmalabWith({ cwd: below }, 'run', 'founding', '--frames', '1', '--size', '64x32')
    sent.push(...sentIn(out, err))
  }
  expect(sent).toEqual([])
})

const PATCH = `From 1234 Mon Sep 17 00:00:00 2001
From: A Developer <dev@example.org>
Subject: [PATCH] dma-mapping: a small change

diff --git a/kernel/dma/mapping.c b/kernel/dma/mapping.c
--- a/kernel/dma/mapping.c
+++ b/kernel/dma/mapping.c
@@ -10,3 +10,4 @@ unsigned int dma_map_sg_attrs(struct device *dev)
 \tint ret = 0;
+\tret = second(dev);
 \treturn ret;
 }
`
describe('a project from a kernel diff', () => {
  test('is told and written without them, whichever field has them', async () => {
    const sent: string[] = []
    for (const [i, text] of [
      ...fields(PATCH, 12),
      PATCH.replaceAll('kernel/dma/mapping.c', `kernel/dma/${EVIL}.c`),
    ].entries()) {
      writeFileSync(join(folder, 'my.patch'), text)
      const name = `my-patch-${i}`
      const { out, err } = await dmalabWith({ cwd: folder }, 'generate', 'patch', name, '--from', 'my.patch')
      sent.push(...sentIn(out, err), ...written(join(folder, name)))
    }
    expect(sent).toEqual([])
  })
  const written = (project: string): readonly string[] =>
    readdirSync(project, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => sentIn(readFileSync(join(entry.parentPath, entry.name), 'utf8')))
})
