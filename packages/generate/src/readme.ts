// The README of a project: how to build it, see it work, change it, and give it to others.
import type { ProjectKind } from './kinds.ts'

interface Tutorial {
  readonly what: string
  /** A command that shows it at work. */
  readonly tryIt: (name: string) => string
  readonly seen: string
  /** What to change first. */
  readonly next: readonly string[]
}

const TUTORIALS: Readonly<Record<ProjectKind, Tutorial>> = {
  patch: {
    what: 'a kernel patch: functions that it replaces or wraps, and data for what a hunk does inside a loop',
    tryIt: (name) => `run founding --kernel arm@4.11+${name}`,
    seen: 'the export is refused with -ENXIO, and the kernel does not fault',
    next: [
      '`functions` names kernel functions by their C names. `next` is the function as it was: call it before, after, or not at all.',
      '`hunks` has one entry for each hunk of your diff, in its order; `dmalab kernel show` prints them.',
      '`dmalab generate patch NAME --from my.diff` writes these entries from a real diff.',
      '`dmalab explore --kernel arm@4.11+NAME` looks for what the patch breaks.',
    ],
  },
  kernel: {
    what: 'a kernel: an architecture and op tables that dmalab has, the facts of a release, and what is different',
    tryIt: (name) => `run "v4l2src ! kmssink" --board imx8mp-evk --bind v4l2src=vivid --kernel arm64@${name}`,
    seen: 'the pipeline runs on your kernel, step by step',
    next: [
      '`facts` starts from a release (`api.RELEASES`), and overrides what your tree has different.',
      '`config` and `cmdline` are the options that `--config` and `--cmdline` take; `facts(options)` gets their values.',
      '`opsFor` says which op table a device gets; `ops` brings tables of your own.',
    ],
  },
  arch: {
    what: 'an architecture: widths, layout, cache work, texts of faults; with a kernel and a board for it',
    tryIt: (name) => `run "v4l2src ! kmssink" --board ${name}-board`,
    seen: 'the pipeline runs on your architecture',
    next: [
      '`cache.forDevice` and `cache.forCpu` say what becomes of lines by direction; `attach` does the same by call.',
      '`snoops` says which devices see the caches; `pfnValid` what has a struct page.',
      '`oops` has the texts of your kernel, so that a report reads like its log.',
    ],
  },
  allocator: {
    what: 'an allocator of video buffers (struct vb2_mem_ops); with a driver and a board that use it',
    tryIt: (name) => `run "v4l2src io-mode=dmabuf ! kmssink" --board ${name}-board --kernel arm64@6.12 --assume driver`,
    seen: 'pictures travel in memory of your allocator, and every byte is compared',
    next: [
      '`alloc` and `put` take and give memory; `prepare` and `finish` are called around each use by a device.',
      '`exporter` are the dma_buf_ops that importers meet.',
      'Break it: leave `finish` empty, and see what the run says of stale bytes.',
    ],
  },
  board: {
    what: 'a board: memory, reserved regions, devices with what they reach, and which element each one serves',
    tryIt: (name) => `run "v4l2src ! fakesink" --board ${name}`,
    seen: 'the camera of the board captures',
    next: [
      '`dmalab board import my.dtb` writes the YAML of a device tree.',
      '`dmalab board show` draws it, `dmalab board lint` says what is unwise.',
      'The schema for editors: `dmalab schema board`.',
    ],
  },
  driver: {
    what: 'a driver: what it does with queues and with its hardware; with a board that names it',
    tryIt: (name) => `run "v4l2src io-mode=dmabuf ! kmssink" --board ${name}-board --assume driver`,
    seen: 'pictures of your camera reach the display, and every byte is compared',
    next: [
      '`createQueue` is the queue of the driver: its allocator, its memory types, and what it does when buffers come and go.',
      '`work` is the hardware: it reads and writes by bus address, through `host.bus()`.',
      'A board names the driver by `driver:`; without that no device gets it.',
    ],
  },
  check: {
    what: 'a check: findings over the events of a run or of a real log',
    tryIt: (_name) =>
      'run "v4l2src ! v4l2convert output-io-mode=dmabuf-import ! fakesink" --board odroid-u3 --kernel arm@6.12 --bind v4l2src=vivid --size 1920x1080',
    seen: 'the finding of your check stands in the report',
    next: [
      '`onEvent` gets every event in its order; `onEnd` is told whether the log was complete.',
      '`dmalab trace check my.trace` runs the same check on a log of a real kernel.',
      'A finding has a code of its own, a severity, a device, a message, and the events that prove it.',
    ],
  },
}

/** A README of a project of that kind; `fromDiff`: of a patch whose functions are all still to be written. */
export const readmeOf = (kind: ProjectKind, name: string, { fromDiff = false } = {}): string => {
  const { what, tryIt, next } = TUTORIALS[kind]
  const seen = fromDiff ? 'the patch is in the kernel, and changes nothing yet' : TUTORIALS[kind].seen
  return `# ${name}

A plug-in for dmalab that brings ${what}.

## 1. Build it and see it work

    npm install
    npm run build
    dmalab ${tryIt(name)} --plugin .

\`dmalab\` is the program that wrote this project; where it is not installed, \`npx dmalab\`. While it is in no registry,
\`npm run release -- --dry-run --step build --step files\` in a clone of it writes its packages; then
\`npm install --save-dev CLONE/build/release/packages/*.tgz\` is the first command here, and \`npx dmalab\` the program.

You see that ${seen}. \`--plugin .\` loads this folder for one command.

## 2. Test it

    npm test

\`test/${name}.test.ts\` runs what everything of this kind must hold, and what this one is for.

## 3. Make it yours

Everything is in \`src/index.ts\`. It imports only types of dmalab: what it needs at run time is handed to it (\`api\`, \`host\`).

${next.map((line) => `- ${line.replaceAll('NAME', name)}`).join('\n')}

The contract: docs/plugin-api.md of dmalab. A change of it has a new number, and \`dmalab\` says so when it loads a plug-in of another one.

## 4. Give it to others

    npm pack
    dmalab plugins install ./${name}-0.1.0.tgz
    dmalab ${tryIt(name)}
    dmalab plugins uninstall ${name}
`
}

/** The command that shows a project at work, without the program. */
export const tryLine = (kind: ProjectKind, name: string): string => TUTORIALS[kind].tryIt(name)
