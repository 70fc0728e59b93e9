// How long the script of a frame takes: shown in the page for who measures it, never part of a report.

/** Frames that count. */
const KEPT = 120

export class FrameTimes {
  private readonly times: number[] = []

  add(ms: number): void {
    this.times.push(ms)
    if (this.times.length > KEPT) this.times.shift()
  }

  /** The longest and the middle one of the last frames, milliseconds. */
  text(): string {
    const sorted = this.times.toSorted((a, b) => a - b)
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
    return `${middle.toFixed(2)} ${(sorted.at(-1) ?? 0).toFixed(2)}`
  }
}
