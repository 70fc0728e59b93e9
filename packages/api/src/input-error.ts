// The user gave bad input: the one exception that a command turns into a message and exit code 2.

/** Where in the input it is; every part is optional. */
export interface InputPlace {
  readonly file?: string | undefined
  /** 1-based. */
  readonly line?: number | undefined
  /** 1-based. */
  readonly column?: number | undefined
  /** Path inside the document, such as `memory.0.size`. */
  readonly path?: string | undefined
}

/** A gst-launch line that the same board can run, and who does the work of its elements. */
export interface WorkInstead {
  readonly line: string
  readonly bind: Readonly<Record<string, string>>
}

/**
 * Bad input. The message says what is wrong and what is expected; `place` says where; `hint` says what to do, and `instead` what
 * would run: whoever knows the whole request makes a command of it.
 * Recognised by its `name`, not by instanceof, so that two copies of this module do not matter.
 */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly place: InputPlace
  readonly hint: string | undefined
  readonly instead: WorkInstead | undefined

  constructor(message: string, place: InputPlace = {}, hint?: string, instead?: WorkInstead) {
    const { file, line, column, path } = place
    const at = [file, line, column].filter((part) => part !== undefined).join(':')
    super([at, path, message].filter((part) => part !== undefined && part !== '').join(': '))
    this.place = place
    this.hint = hint
    this.instead = instead
  }
}

export const isInputError = (e: unknown): e is InputError => e instanceof Error && e.name === 'InputError'
