// Projects of plug-ins, and what a kernel diff says of a patch.
export { type DiffHunk, type KernelDiffText, readDiff } from './diff/read-diff.ts'
export { type HunkReport, type ModelledFunctions, reportOf, type TouchedFunction } from './diff/touched.ts'
export { tryLine } from './readme.ts'
export { PROJECT_KINDS, type ProjectKind } from './kinds.ts'
export { type ProjectFile, projectFiles } from './project.ts'
export { patchProject, remark } from './patch-project.ts'
