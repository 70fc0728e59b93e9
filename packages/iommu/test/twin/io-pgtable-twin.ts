// The readable definition of a page table: one entry a page, whatever the tables below look like. Overlaps are refused before
// anything changes; so it is compared only on sequences without them.

export interface TwinPage {
  readonly phys: number
  readonly writable: boolean
}

export class PgtableTwin {
  private readonly pages = new Map<number, TwinPage>()
  private readonly granule: number

  constructor(granule: number) {
    this.granule = granule
  }

  /** Is any page of the range mapped? */
  overlaps(iova: number, size: number): boolean {
    return this.indices(iova, size).some((i) => this.pages.has(i))
  }

  map(iova: number, phys: number, size: number, writable: boolean): void {
    this.indices(iova, size).forEach((i, n) => this.pages.set(i, { phys: phys + n * this.granule, writable }))
  }

  unmap(iova: number, size: number): void {
    for (const i of this.indices(iova, size)) this.pages.delete(i)
  }

  at(iova: number): TwinPage | undefined {
    return this.pages.get(Math.floor(iova / this.granule))
  }

  private indices(iova: number, size: number): number[] {
    return Array.from({ length: size / this.granule }, (_, i) => iova / this.granule + i)
  }
}
