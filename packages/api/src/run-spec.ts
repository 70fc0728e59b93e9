// A run as plain JSON: what is to run on what. Command line, library, workers and links all carry it; `runSpec` of the runner runs it.
// Texts are written as the command line takes them, so that a spec and its command say the same words.

import type { AssumeWord } from './stated.ts'

/** The number of this format. A changed meaning is a new number. */
export const RUN_SPEC_VERSION = 1

/** Everything a run depends on, besides this build and its installed plug-ins. The same spec gives the same report. */
export interface RunSpec {
  readonly version: typeof RUN_SPEC_VERSION
  readonly board: BoardSpec
  /** `arch@release`, then `+patch` for each patch: one run each, in this order. */
  readonly kernels: readonly string[]
  /** Kernel configuration, NAME or NAME=value; it adds to that of a scenario. */
  readonly config: readonly string[]
  /** Kernel command line; null: that of the scenario, if it states one. */
  readonly cmdline: string | null
  readonly work: WorkSpec
  readonly options: RunSpecOptions
  readonly plugins: readonly PluginSpec[]
}

/** JSON of any shape, read later by whoever knows what it is. */
export type JsonObject = Readonly<Record<string, unknown>>

/** A board by its name in the registry, or the board itself. `file` only names it in messages. */
export type BoardSpec = string | BoardText | BoardData | BoardBlob

/** A board file as it is written: YAML or JSON. */
export interface BoardText {
  readonly text: string
  readonly file: string
}

/** The content of a board file as data. Kernel addresses are texts such as "0xc000_0000". */
export interface BoardData {
  readonly machine: JsonObject
}

/** A device tree blob in base64, with its overlays applied. */
export interface BoardBlob {
  readonly dtb: string
  readonly file: string
  /** Files of the overlays that it holds already, for who reads the spec. */
  readonly overlays: readonly string[]
  /** Where the tree states no memory: SIZE or SIZE@BASE, once for each bank. */
  readonly memory: readonly string[]
  /** Of the kernel; null: by the CPUs of the tree. */
  readonly arch: 'armhf' | 'arm64' | 'riscv64' | null
}

export type WorkSpec = LineWork | ScenarioWork | LogWork

/** A gst-launch-1.0 line. */
export interface LineWork {
  readonly line: string
}

/** A scenario file: its text (YAML or JSON), or its content as data. */
export interface ScenarioWork {
  readonly scenario: string | JsonObject
  readonly file: string
}

/** The text of an ftrace log, to replay on other kernels or another board. */
export interface LogWork {
  readonly log: string
  readonly file: string
  /** Device of the log -> device of the board that stands for it; devices of the same name need none. */
  readonly devices: Readonly<Record<string, string>>
}

/** What the work is done with. A scenario of steps takes `seed`, `inject` and `adversarialCache` only; a log takes none. */
export interface RunSpecOptions {
  /** Pictures to pass through the pipeline; null: what the line says, else 30. */
  readonly frames: number | null
  /** Picture size in pixels, WIDTHxHEIGHT; null: what the line says, else 1920x1080. */
  readonly size: string | null
  /** Pixel format by the name of GStreamer or V4L2; null: what the line says, else NV12. */
  readonly format: string | null
  /** Buffers asked of each queue. */
  readonly buffers: number
  /** Of every pattern, 0 to 2^32 - 1. */
  readonly seed: number
  /** Element of the pipeline -> device of the board. */
  readonly bind: Readonly<Record<string, string>>
  /** Calls that fail: operation[@device]:nth; they add to those of a scenario. */
  readonly inject: readonly string[]
  /** Stop and start all queues before this picture; null: never. */
  readonly restart: number | null
  /** Evict dirty cache lines and fetch others at any moment, chosen by the seed. */
  readonly adversarialCache: boolean
  /** Assumptions that are accepted: a verdict that rests on them is given. */
  readonly assume: readonly AssumeWord[]
}

/** A plug-in that is a file or a folder. Installed ones and the built-in ones need no mention. */
export interface PluginSpec {
  readonly path: string
  /** `sha256:` and the digest of the module that is loaded (not of what it imports); null: whatever is there. */
  readonly hash: string | null
}

/** What a spec gets that leaves options out. */
export const RUN_DEFAULTS: RunSpecOptions = {
  frames: null,
  size: null,
  format: null,
  buffers: 4,
  seed: 1,
  bind: {},
  inject: [],
  restart: null,
  adversarialCache: false,
  assume: [],
}

/** Smallest and largest value of each number. */
export const RUN_LIMITS = {
  frames: [1, 1_000_000],
  buffers: [1, 32],
  seed: [0, 2 ** 32 - 1],
  width: [16, 16384],
  height: [16, 16384],
  restart: [1, 999_999],
} as const satisfies Readonly<Record<string, readonly [number, number]>>
