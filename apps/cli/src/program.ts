// What bin/run.js starts: oclif, with the modules of it that commands share.
export { flush, handle, run } from '@oclif/core'
