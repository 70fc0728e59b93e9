// Releases in their order: the first two numbers count, so a stable release equals its mainline release.

type Numbers = readonly [major: number, minor: number]

/** Is a release written at the start of `text`, such as `6.6`, `v6.12.107-lab`? */
export const isRelease = (text: string): boolean => /^v?\d+\.\d+/.test(text)

/** Below 0 when `a` is older than `b`, 0 when they are one; `7` is 7.0. What is not a release is older than all. */
export const compareReleases = (a: string, b: string): number => {
  const [majorA, minorA] = numbersOf(a) ?? [0, 0]
  const [majorB, minorB] = numbersOf(b) ?? [0, 0]
  return majorA - majorB || minorA - minorB
}

const numbersOf = (release: string): Numbers | undefined => {
  const match = /^v?(\d+)(?:\.(\d+))?/.exec(release)
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0)]
}
