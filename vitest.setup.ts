// Random tests take the same path on every machine; DMALAB_SEED walks another one.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['DMALAB_SEED'] ?? 20170405) })
