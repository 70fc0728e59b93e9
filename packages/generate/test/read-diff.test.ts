// Hunks of kernel diffs, by file and function.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDiff } from '../src/index.ts'

const symbols = (text: string): readonly (readonly [string, string, string])[] =>
  readDiff(text, 'my.diff').hunks.map(({ file, symbol, added, removed }) => [file, symbol, `+${added} -${removed}`])

const SMALL = `From 1234 Mon Sep 17 00:00:00 2001
From: A Developer <dev@example.org>
Subject: [PATCH v2 1/2] dma-mapping: a small
 change

diff --git a/kernel/dma/mapping.c b/kernel/dma/mapping.c
index 1..2 100644
--- a/kernel/dma/mapping.c
+++ b/kernel/dma/mapping.c
@@ -10,3 +10,4 @@ static int first(struct device *dev)
 	int ret = 0;
+	ret = second(dev,
 	return ret;
 }
@@ -20,5 +21,6 @@ static int first(struct device *dev)
 }
 
 unsigned int dma_map_sg_attrs(struct device *dev, struct scatterlist *sg,
 		int nents)
 {
+	if (!nents)
@@ -40,2 +42,7 @@ static int last(void)
 }
 
+static bool fresh(struct device *dev,
+		int more)
+{
+	return true;
+}
diff --git a/include/linux/dma-mapping.h b/include/linux/dma-mapping.h
--- a/include/linux/dma-mapping.h
+++ b/include/linux/dma-mapping.h
@@ -1 +1,2 @@
 #define DMA_ATTR_OLD (1UL << 1)
+#define DMA_ATTR_NEW (1UL << 20)
@@ -30 +31,2 @@ struct scatterlist {
 	unsigned int	length;
+	unsigned long	attrs;
\\ No newline at end of file
`

test('the function around a change, one that is new, macros and members', () => {
  expect(symbols(SMALL)).toEqual([
    ['kernel/dma/mapping.c', 'first', '+1 -0'],
    ['kernel/dma/mapping.c', 'dma_map_sg_attrs', '+1 -0'],
    ['kernel/dma/mapping.c', 'fresh', '+5 -0'],
    ['include/linux/dma-mapping.h', 'DMA_ATTR_NEW', '+1 -0'],
    ['include/linux/dma-mapping.h', 'struct scatterlist', '+1 -0'],
  ])
  expect(readDiff(SMALL, 'my.diff').title).toBe('dma-mapping: a small change')
})

describe('takes a patch as it travels', () => {
  const PLAIN = `diff --git a/kernel/dma/pool.c b/kernel/dma/pool.c
--- a/kernel/dma/pool.c
+++ b/kernel/dma/pool.c
@@ -10,3 +10,4 @@ static int pool_look(struct device *dev, const char *what)
 \tint ret = 0;
+\tif (ret == 0 && strcmp(what, "ä=b"))
 \t\treturn 1;
 }
`
  const EXPECTED = [['kernel/dma/pool.c', 'pool_look', '+1 -0']]
  const mail = (encoding: string, body: string): string =>
    `From: A <a@example.org>\nSubject: Re: [PATCH] pool:\n\tlook twice\nMIME-Version: 1.0\nContent-Transfer-Encoding: ${encoding}\nX-Mailer: none\n\n${body}`
  const printable = (text: string): string =>
    text
      .replaceAll('=', '=3D')
      .replaceAll('ä', '=C3=A4')
      .replaceAll(/^(.{20})(.{10})/gm, '$1=\n$2')
  const wrapped = (text: string): string => (text.match(/.{1,76}/gs) ?? []).join('\n')

  test.each([
    ['with the ends of lines of DOS', PLAIN.replaceAll('\n', '\r\n')],
    ['as quoted-printable', mail('quoted-printable', printable(PLAIN))],
    ['as base64', mail('base64', wrapped(Buffer.from(PLAIN).toString('base64')))],
    [
      'as an attachment',
      `From: A\nContent-Type: multipart/mixed; boundary="=_x"\n\n--=_x\nContent-Type: text/plain\n\nHello\n--=_x\nContent-Transfer-Encoding: base64\nContent-Type: text/x-patch\n\n${wrapped(Buffer.from(PLAIN).toString('base64'))}\n--=_x--\n`,
    ],
    [
      'quoted in an answer, with words in between',
      mail('7bit', `> ${PLAIN.trimEnd().replaceAll('\n', '\n> ')}\nWhy?\n`),
    ],
    ['cut short by an answer', mail('7bit', `> > ${PLAIN.trimEnd().split('\n').slice(0, 6).join('\n> > ')}\n\nWhy?\n`)],
    ['with the names of two trees', PLAIN.replace('--- a', '--- linux-6.1').replace('+++ b', '+++ linux-6.12')],
    ['without names of trees', PLAIN.replaceAll(/ [ab]\//g, ' ')],
  ])('%s', (_how, text) => {
    expect(symbols(text)).toEqual(EXPECTED)
  })

  test('the title goes over lines, and an answer has that of the patch', () => {
    expect(readDiff(mail('7bit', PLAIN), 'my.mail').title).toBe('pool: look twice')
  })

  test.each([
    ['=?UTF-8?q?[PATCH]=20dma:=20=C3=A4nder?=\n =?UTF-8?q?=20viel?=', 'dma: änder viel'],
    ['=?utf-8?Q?[PATCH_2/3]_dma:_=C3=A4nder?=', 'dma: änder'],
    ['=?iso-8859-1?B?W1BBVENIXSBkbWE6IOQ=?=', 'dma: ä'],
    ['[PATCH] =?no-such?q?a?=', '=?no-such?q?a?='],
  ])('the title %j', (subject, title) => {
    expect(readDiff(`From: A\nSubject: ${subject}\n\n${PLAIN}`, 'my.mail').title).toBe(title)
  })
})

test('files that change without a hunk are named', () => {
  const text = [
    'diff --git a/drivers/base/fw.bin b/drivers/base/fw.bin',
    'index 1..2 100644',
    'GIT binary patch',
    'literal 3',
    'diff --git a/old.c b/new.c',
    'similarity index 100%',
    'rename from old.c',
    'rename to new.c',
    'diff --git a/run.sh b/run.sh',
    'old mode 100644',
    'new mode 100755',
    'diff --git a/gone b/gone',
    'deleted file mode 100644',
    'diff --git a/x.c b/x.c',
    '--- a/x.c',
    '+++ b/x.c',
    '@@ -1 +1 @@ int f(int a)',
    '-a',
    '+b',
  ].join('\n')
  expect(readDiff(text, 'my.diff').withoutHunk.map(({ file, what }) => `${file}: ${what}`)).toEqual([
    'drivers/base/fw.bin: binary',
    'new.c: renamed from old.c',
    'run.sh: mode 100644 to 100755',
    'gone: removed',
  ])
})

describe('refuses', () => {
  test.each([
    ['', 'this holds no hunk of a unified diff'],
    ['hello\nworld\n', 'this holds no hunk of a unified diff'],
    ['@@ -1 +1 @@\n-a\n+b\n', 'my.diff:1: a hunk without the name of its file'],
    [
      '--- a/x.c\n+++ b/x.c\n@@ -1,9 +1,9 @@ int f(int a)\n a\n',
      'my.diff:3: the hunk has fewer lines than its head says',
    ],
  ])('%j', (text, message) => {
    expect(() => readDiff(text, 'my.diff')).toThrow(message)
  })
})

const RFC = join(import.meta.dirname, '../../../../shared/facts/rfc-2017-04-05.txt')
test.skipIf(!existsSync(RFC))("the RFC's mail, whose lines have lost their blanks, has nine hunks", () => {
  const text = readFileSync(RFC, 'utf8')
  expect(symbols(text).map(([, symbol]) => symbol)).toEqual([
    'arm_dma_get_sgtable',
    'arm_dma_map_sg',
    'arm_dma_unmap_sg',
    'dma_check_dev_coherent',
    'vb2_dc_alloc',
    'vb2_dc_dmabuf_ops_attach',
    'DMA_ATTR_DEV_COHERENT_NOPAGE',
    'dma_check_dev_coherent',
    'struct scatterlist',
  ])
  expect(readDiff(text, 'rfc.txt').title).toBe('arm: dma: fix sharing of coherent DMA memory without struct page')
})

test('what no file of a kernel has in its name is not written on: it could end a comment, or obey a terminal', () => {
  const odd = SMALL.replaceAll('kernel/dma/mapping.c', 'kernel/dma/*/run()/*\u001b[2J\u0007mapping.c')
  expect(new Set(symbols(odd).map(([file]) => file))).toEqual(
    new Set(['kernel/dma/?/run??/???2J?mapping.c', 'include/linux/dma-mapping.h']),
  )
})
