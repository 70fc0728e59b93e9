// What is chance in the records of V4L2 programs, and so is left out of the comparison. Nothing else is.
//
// - Sequence numbers and timestamps are never printed.
// - Whether pieces of memory follow each other, which decides for a device that needs one piece: the record shows it (placement.ts);
//   how far they do is left out of the console line that tells it.
// - Addresses of queues in console lines: `[cap-HASH]` was recorded as `[cap]`, a pointer as `[Q]`.
// - The warning of a payload of 0 comes once a boot.

/** A line that comes once a boot, whichever program is the first. */
const ONCE_A_BOOT = [
  'use of bytesused == 0 is deprecated and will be removed in the future,',
  'use the actual size instead.',
]

/** The recording machine printed videobuf2's own debug lines (`debug=1`), and no dynamic debug (pr_debug). */
export const wasPrinted = (level: string, text: string): boolean =>
  level !== 'debug' || /^(videobuf2_common|vb2-v4l2): /.test(text)

/** The console lines of a step as they are compared. */
export const comparedLines = (lines: readonly string[]): string[] =>
  lines.filter((line) => !ONCE_A_BOOT.includes(line)).map((line) => withoutPointers(withoutExtent(line)))

const withoutExtent = (line: string): string =>
  line.replace(/^(contiguous (?:chunk|mapping) is too small) \d+\//, '$1 ?/')

const withoutPointers = (line: string): string =>
  line
    .replace(/^vb2-v4l2: \[[^\]]*\]/, 'vb2-v4l2: [Q]')
    .replace(/^videobuf2_common: \[[^\]]* CAPTURE[^\]]*\]/, 'videobuf2_common: [cap]')
    .replace(/^videobuf2_common: \[[^\]]* OUTPUT[^\]]*\]/, 'videobuf2_common: [out]')
