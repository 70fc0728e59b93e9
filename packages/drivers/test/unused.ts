// What nothing here asks of a list.
export const UNUSED = {
  dmaAddresses: (): number[] => [],
  dmaLengths: (): number[] => [],
  pfns: (): undefined => undefined,
  physAddresses: (): undefined => undefined,
  isPlain: (): boolean => true,
  setPage: (): undefined => undefined,
  setDma: (): undefined => undefined,
  setAttrs: (): undefined => undefined,
}
