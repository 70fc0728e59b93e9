// Rows of a lane: a bar takes the lowest free one, so that those that overlap in time do not overlap on the screen.

export class RowStack {
  private readonly taken: boolean[] = []
  /** No row below it is free. */
  private lowest = 0

  /** The most that were taken at once. */
  get rows(): number {
    return this.taken.length
  }

  take(): number {
    while (this.taken[this.lowest] === true) this.lowest++
    this.taken[this.lowest] = true
    return this.lowest++
  }

  give(row: number): void {
    this.taken[row] = false
    this.lowest = Math.min(this.lowest, row)
  }
}
