// The suite for patches: what it says of itself holds, it changes what it names, and its op tables keep their contract.
import { isInputError, type KernelDef, type Patch, withoutBits } from '@dmalab/api'
import { appliesTo, composeKernel, kernelFacts } from '@dmalab/runner'
import { describe, expect, it } from 'vitest'
import { describeBackend } from './backend.ts'
import { exploredPatch, LONGEST } from './exploration.ts'
import { type KernelUnderTest, openKitForTest, OPERATIONS } from './under-test.ts'

/** `kernel` is the base it is stacked on, patches below it included. */
export interface PatchUnderTest extends KernelUnderTest {
  readonly patch: string
  /** Defects that it is known to have and its base has not, as `dmalab explore --json` names them: ids, or codes for all of a kind. */
  readonly knownDefects?: readonly string[]
}

/** Defines the suite, and that of op tables for the patched kernel. `under` is called once, when the tests are collected. */
export const describePatch = (under: () => PatchUnderTest): void => {
  const given = under()
  const { registry } = given.parts
  const patch = registry.patches.get(given.patch)
  const patched = { ...given, kernel: `${given.kernel}+${given.patch}` }
  const base = registry.kernels.get(given.kernel.split('+')[0] ?? '')

  describe(`patch ${patch.name} on ${given.kernel}`, () => {
    it('names its hunks: file, function or type, and what it changes there', () => {
      expect(patch.hunks.length).toBeGreaterThan(0)
      expect(patch.hunks.filter((hunk) => [hunk.file, hunk.symbol, hunk.what].includes(''))).toEqual([])
    })

    // A function that no op table calls is refused when a laboratory is opened.
    it('changes something that exists: exporters and allocators by their names', () => {
      const unknown = (names: Readonly<Record<string, unknown>> | undefined) =>
        Object.keys(names ?? {}).filter((name) => !registry.allocators.has(name))
      expect({
        allocators: unknown(patch.allocators),
        exporters: unknown(patch.exporters),
      }).toEqual({ allocators: [], exporters: [] })
    })

    it('defines attribute bits that the release does not have, one bit each', () => {
      const bits = Object.values(patch.attrs ?? {})
      const taken: readonly number[] = Object.values(kernelFacts(composeKernel(base), registry).attrs)
      expect(bits.filter((bit) => !Number.isInteger(Math.log2(bit)) || taken.includes(bit))).toEqual([])
    })

    it('exempts only entries with bits that it or the kernel defines', () => {
      const facts = openKitForTest(patched).facts
      const known = Object.values(facts.attrs).reduce<number>((sum, bit) => sum + bit, 0)
      const skips = Object.values(patch.sg?.skip ?? {}).map(({ bits }) => bits)
      const masks = [...skips, ...(patch.sg?.attachCopies ?? []).map(({ only }) => only)]
      expect(masks.filter((mask) => withoutBits(mask, known) !== 0)).toEqual([])
    })

    it('makes struct scatterlist larger when it adds members, and only then', () => {
      const before = kernelFacts(composeKernel(base), registry).sgEntrySize
      const after = kernelFacts(composeKernel(base, patch), registry).sgEntrySize
      expect(after > before).toBe(Object.keys(patch.sg?.cFields ?? {}).length > 0)
    })

    it('leaves no operation out of the tables it changes', () => {
      const lab = openKitForTest(patched)
      const missing = lab.devices.flatMap((device) =>
        OPERATIONS.filter((operation) => typeof lab.ops(device)[operation] !== 'function'),
      )
      expect(missing).toEqual([])
    })

    if (patch.appliesTo === undefined)
      it('appliesTo is absent: it can be stacked on every kernel', () => {
        expect(registry.kernels.values().filter((kernel) => refusal(kernel, patch) !== undefined)).toEqual([])
      })
    else
      it(`appliesTo: it is refused by kernels other than ${patch.appliesTo.join(', ')}`, () => {
        const taken = registry.kernels.values().filter((kernel) => refusal(kernel, patch) === undefined)
        expect(taken.length).toBeGreaterThan(0)
        expect(taken.every((kernel) => appliesTo(patch, kernel))).toBe(true)
      })

    it('is refused when stacked twice, and beside what it says it conflicts with', () => {
      expect(refusal(base, patch, patch)).toContain('stacked twice')
      for (const [name, why] of Object.entries(patch.conflicts ?? {}))
        expect(refusal(base, registry.patches.get(name), patch)).toContain(why)
    })

    it('has no defect that its base does not have', { timeout: LONGEST }, async () => {
      expect(await exploredPatch(patched, given.knownDefects ?? [])).toEqual([])
    })
  })

  describeBackend(() => patched)
}

/** What composing says against it; undefined when it goes. */
const refusal = (base: KernelDef, ...patches: readonly Patch[]): string | undefined => {
  try {
    composeKernel(base, ...patches)
    return undefined
  } catch (e) {
    if (isInputError(e)) return e.message
    throw e
  }
}
