// The functions that a line of registers or of a call trace names: `pc : f+0x8/0x30`, ` [<ffff>] f+0x8`, `f from g+0x10/0x20 [module]`.

const isNameEnd = (letter: string | undefined): boolean => letter === undefined || !/[\w.]/.test(letter)

/** In the order of the line; a line that names none is not part of a trace. */
export const functionsOf = (text: string): readonly string[] => {
  const names: string[] = []
  for (let at = text.indexOf('+0x'); at > 0; at = text.indexOf('+0x', at + 3)) {
    let start = at
    while (start > 0 && !isNameEnd(text[start - 1])) start -= 1
    const name = text.slice(start, at)
    if (/^[A-Za-z_]/.test(name)) names.push(name.replace(/\.(?:isra|part|constprop|cold|llvm)[.\d]*$/, ''))
  }
  const from = text.indexOf(' from ')
  if (names.length > 0 && from > 0) {
    // ARM unwinds as `callee from caller+0x8/0x30`, older as `[<c0>] (callee) from [<c1>] (caller+0x8/0x30)`.
    const callee = /(?:^|[( ])([A-Za-z_][\w.]{0,80})\)?$/.exec(text.slice(0, from).trimEnd())?.[1]
    if (callee !== undefined) names.unshift(callee)
  }
  return names
}

/** The instruction that faulted stands before the trace, and begins it. */
export const isInnermost = (text: string): boolean => /^(?:pc :|PC is at|RIP:|epc :|EIP:|NIP )/i.test(text)
/** The caller: what the trace may leave out. */
export const isCaller = (text: string): boolean => /^(?:lr :|LR is at|ra :)/i.test(text)
/** Ends the trace of a fault or warning. */
export const endsSplat = (text: string): boolean => text.includes('---[ end ') || text.startsWith('Mem-Info')
