// What a language of recorded programs consists of; `conform-records.ts` runs any of them.
import type { InputPlace, Lab } from '@dmalab/api'
import type { LabParts } from '../open-rooms.ts'
import type { ProgramRecord } from './records.ts'
import type { Setups } from './setups.ts'

/** One thing that was recorded and that the model has to say as well. */
export interface Observation {
  /** Number of the step in its program, from 0; null: it is about the boot or the program's end. */
  readonly step: number | null
  /** The command, or what was looked at: `end: slots in use`. */
  readonly what: string
  /** What the real kernel said; undefined: it crashed there. */
  readonly recorded: string | undefined
  /** What the model says; undefined: the modelled kernel stopped. */
  readonly got: string | undefined
  /** Why the modelled kernel stopped. */
  readonly oops?: string
  /** The two mean the same: they differ in nothing but what is chance, or what the recording machine cannot do. */
  readonly agrees: boolean
}

/** One boot of the recording machine. */
export interface Boot {
  readonly lab: Lab
  /** What the boot itself showed: told with its first program. */
  boot(record: ProgramRecord): readonly Observation[]
  /** Runs a program to its end, or to the crash. */
  run(record: ProgramRecord): readonly Observation[]
}

export interface Language {
  readonly name: string
  owns(record: ProgramRecord): boolean
  /** Reads a program without running it. @throws InputError with the place of an unknown command */
  check(record: ProgramRecord): void
  /** A fresh boot, or why this build cannot run it. @throws InputError for a setup that is missing or bad */
  open(record: ProgramRecord, context: Context): Boot | { readonly notModelled: string }
}

export interface Context {
  readonly parts: LabParts
  readonly setups: Setups
}

/** Where a command stands. */
export const commandPlace = (record: ProgramRecord, index: number): InputPlace => ({
  ...record.place,
  path: `program.${index}`,
})
