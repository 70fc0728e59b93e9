// Records of what releases changed, and the facts of the releases: each says the same.
import { describe, expect, it } from 'vitest'
import { compareReleases, RELEASE_RECORDS, RELEASES, type ReleaseFacts } from '../src/index.ts'

const since = Object.values<ReleaseFacts>(RELEASES).filter(({ release }) => compareReleases(release, '5.10') >= 0)

describe('the facts of a release', () => {
  it.each(since)('$release: are those of the last record before it', (facts) => {
    const seen = new Map<string, unknown>()
    const note = (part: object, stem = ''): void => {
      for (const [name, value] of Object.entries(part))
        if (name === 'media') note(value as object, 'media.')
        else seen.set(`${stem}${name}`, value)
    }
    const oldestFirst = RELEASE_RECORDS.toSorted((a, b) => compareReleases(a.since, b.since))
    for (const record of oldestFirst.toReversed())
      if (compareReleases(record.since, facts.release) > 0) note(record.before)
    for (const record of oldestFirst) if (compareReleases(record.since, facts.release) <= 0) note(record.after)
    const all: Readonly<Record<string, unknown>> = {
      ...facts,
      ...Object.fromEntries(Object.entries(facts.media).map(([name, value]) => [`media.${name}`, value])),
    }
    for (const [name, value] of seen) expect([name, all[name]]).toEqual([name, value])
  })
  it('differs from its neighbours in nothing that no record tells', () => {
    const told = new Set(
      RELEASE_RECORDS.flatMap(({ after }) => [...Object.keys(after), ...Object.keys(after.media ?? {})]),
    )
    const own = new Set(['release', 'attrs', 'dmaDebug', 'traceFormat', 'media'])
    for (const [i, facts] of since.entries()) {
      const before = since[i - 1] ?? facts
      const changed = (Object.keys(facts) as (keyof ReleaseFacts)[]).filter((name) => facts[name] !== before[name])
      const media = (Object.keys(facts.media) as (keyof typeof facts.media)[]).filter(
        (name) => facts.media[name] !== before.media[name] && name !== 'log',
      )
      expect([...changed, ...media].filter((name) => !told.has(name) && !own.has(name))).toEqual([])
    }
  })
  it('has an id of its own', () => {
    expect(new Set(RELEASE_RECORDS.map(({ id }) => id)).size).toBe(RELEASE_RECORDS.length)
  })
})

it.each([
  ['5.15', { bounceBeforeStart: 'refused', bounceAreas: false, mapSgErrno: 'own', udmabufHasMask: false }],
  [
    '6.6',
    {
      bounceSearch: 'by-slot',
      bounceBeforeStart: 'refused',
      bouncesKmalloc: true,
      windowsLimit: false,
      atomicPoolWarns: true,
    },
  ],
  ['6.18', { mapsByPhys: true, udmabufMerges: false, udmabufSyncs: true, dmabufKeepsTables: false }],
] as const)('Linux %s, as it was read', (release, facts) => {
  expect(RELEASES[release]).toMatchObject(facts)
})
