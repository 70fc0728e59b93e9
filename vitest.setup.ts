// The same test on every machine: random tests take the same path (DMALAB_SEED walks another one), text has no colours
// (CI and FORCE_COLOR would switch them on, and ansis decides when it is loaded).
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['DMALAB_SEED'] ?? 20170405) })

delete process.env['FORCE_COLOR']
process.env['NO_COLOR'] = '1'
