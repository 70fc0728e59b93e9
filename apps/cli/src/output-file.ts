// `--output FILE`: what a command would print goes into a file, plain text and whole or not at all.
import { checkTarget, writeText } from './write-file.ts'

// eslint-disable-next-line no-control-regex -- colours begin with the control character ESC
const COLOURS = /\u001B\[[0-9;]*m/g

export class OutputFile {
  private readonly pieces: string[] = []
  private readonly path: string

  /** `given`: words of the command; what is the name of a file among them is read. @throws InputError when the file cannot be written */
  constructor(path: string, given: readonly string[]) {
    this.path = path
    // Complains before the work, not behind it.
    checkTarget(path, given)
  }

  /** A line, or several. */
  write(text: string): void {
    this.pieces.push(`${text.replaceAll(COLOURS, '')}\n`)
  }

  /** @throws InputError when the file cannot be written */
  finish(): void {
    writeText(this.path, this.pieces.join(''))
  }
}
