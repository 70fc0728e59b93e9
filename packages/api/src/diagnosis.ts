// What `diagnose` answers, as data: what is wrong in whatever a user has, in order of certainty.

/**
 * - `certain`: the input itself shows the mistake, or two inputs agree on it
 * - `likely`: the usual cause of what the input shows
 * - `possible`: something that can go wrong and may not have
 */
export type Certainty = 'certain' | 'likely' | 'possible'

export type InputKind =
  | 'bundle'
  | 'log'
  | 'trace'
  | 'tree'
  | 'overlay'
  | 'board'
  | 'scenario'
  | 'line'
  | 'config'
  | 'cmdline'
  | 'figures'
  | 'functions'
  | 'masks'
  | 'groups'
  | 'contents'
  | 'other'

/** What was read, and what it was taken for. */
export interface ExaminedInput {
  /** As it was named; a part of an archive is `archive:part`. */
  readonly file: string
  readonly kind: InputKind
  /** One line: what is in it, or why it was not read. */
  readonly says: string
}

export interface Evidence {
  readonly file: string
  /** From 1; null: the file as a whole. */
  readonly line: number | null
  readonly text: string
}

/** A command, whole, and what it is good for. */
export interface Experiment {
  readonly why: string
  readonly command: string
}

/** What the model makes of the same case. */
export interface Shown extends Experiment {
  readonly kernel: string
  readonly verdict: string
  readonly detail: string
}

export interface Answer {
  /** What `dmalab explain` takes, or a name for what two inputs say together. */
  readonly id: string
  readonly certainty: Certainty
  readonly title: string
  /** What is wrong, in words, with what the other inputs add. */
  readonly what: readonly string[]
  readonly evidence: readonly Evidence[]
  readonly tries: readonly string[]
  /** The next thing to look at; null: nothing. */
  readonly next: string | null
  readonly shown: Shown | null
  readonly experiments: readonly Experiment[]
}

/** Worth knowing, or harmless although it looks bad. */
export interface DiagnosisNote {
  readonly kind: 'note' | 'harmless'
  readonly id: string
  readonly what: string
  readonly evidence: readonly Evidence[]
}

/** Two inputs that cannot be of one machine. */
export interface Contradiction {
  readonly what: string
  readonly evidence: readonly Evidence[]
}

/** What was taken from the inputs for the machine and its kernel. */
export interface CaseFact {
  readonly what: 'board' | 'kernel' | 'command line' | 'memory' | 'CMA'
  readonly text: string
  readonly evidence: Evidence
}

export interface Diagnosis {
  readonly schema: 1
  /** False: nothing was looked at, so that nothing was found says nothing. */
  readonly examined: boolean
  readonly inputs: readonly ExaminedInput[]
  readonly facts: readonly CaseFact[]
  readonly contradictions: readonly Contradiction[]
  /** Most certain first. */
  readonly answers: readonly Answer[]
  readonly notes: readonly DiagnosisNote[]
  /** What could not be looked at, and what would tell. */
  readonly notExamined: readonly string[]
  /** Of a symptom; null: none was named. */
  readonly symptom: SymptomAnswer | null
}

export const SYMPTOMS = ['green-frames', 'stutter', 'slow', 'oops', 'enomem', 'corrupt'] as const
export type Symptom = (typeof SYMPTOMS)[number]

export interface SymptomAnswer {
  readonly symptom: Symptom
  /** What to find out first, and how. */
  readonly questions: readonly { readonly ask: string; readonly how: string }[]
  /** What the board says to it. */
  readonly board: readonly string[]
  readonly experiments: readonly Experiment[]
}
