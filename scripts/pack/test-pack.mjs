// `npm run test:pack`: packs every package, looks into the tarballs, and uses them as a user would. `--no-hygiene` leaves out what does not
// depend on the release of Node.
import { join } from 'node:path'
import { argumentsOf } from '../arguments.mjs'
import { COMMANDS } from '../commands.mjs'
import { faultsOf, faultsOfAll, sizesText } from './check-tarballs.mjs'
import { useAsUser } from './consumer.mjs'
import { hygieneOf } from './hygiene.mjs'
import { buildAnew, packAll, ROOT } from './tarballs.mjs'

const tell = (text) => console.log(text)
const end = (faults) => {
  if (faults.length === 0) return
  console.error(faults.join('\n'))
  process.exit(1)
}

const { values } = argumentsOf(COMMANDS.pack)
buildAnew()
const tarballs = packAll(join(ROOT, 'node_modules/.dmalab/pack'))
end([...tarballs.flatMap(faultsOf), ...faultsOfAll(tarballs)])
tell(sizesText(tarballs))
if (!values['no-hygiene']) {
  const faults = []
  for (const tarball of tarballs) faults.push(...(await hygieneOf(tarball)))
  end(faults)
  tell(`publint and attw: nothing to say of ${tarballs.length} packages`)
}
useAsUser(tarballs, tell)
tell(`test:pack passed on Node ${process.version}`)
