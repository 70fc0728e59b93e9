// One answer from whatever a user has, and the script that collects it on a board.
export { diagnose, type DiagnoseOptions } from './diagnose.ts'
export { type Input, inputOf } from './input/input.ts'
export { type InputTools, NO_TOOLS } from './input/tools.ts'
export { readBundle, type BundleParts } from './bundle.ts'
export { recordScript } from './record.ts'
