// What `npm run` has here, by the word that go.mjs gets, and what each takes: read before anything is installed or built, and by the script itself.
import { COUNT, oneOf, POSITIVE, RELEASE, SEED } from './arguments.mjs'

export const COMMANDS = {
  test: {
    call: 'npm test',
    about: `Runs every test and ends with a line of counts. Words are Vitest's: names of files, and its options
(node_modules/.bin/vitest run --help). DMALAB_SEED=7 takes other ways, DMALAB_SLOW=5 makes time limits five times as long.`,
    through: 'vitest',
    examples: ['', '--shard=1/4', '--project checker', 'tests/runs/steps.test.ts'],
  },
  nodes: {
    call: 'npm run test:nodes',
    about: "Runs every test and test:pack on the other supported releases of Node. Words are Vitest's.",
    through: 'vitest',
    examples: ['', '--shard=1/4'],
  },
  pack: {
    call: 'npm run test:pack',
    about:
      'Packs every package, looks into the tarballs, installs them in an empty folder and uses them as a user does.',
    options: {
      node: { value: 'RELEASE', is: RELEASE, says: "on that release of Node, from the registry's package node" },
      'no-hygiene': { says: 'without publint and attw, which depend on no release of Node' },
    },
    examples: ['', '--node 22'],
  },
  lint: {
    call: 'npm run lint',
    about:
      'Runs the linter, the formatter (check only), the types of the tests, and knip; with paths, linter and formatter look at these.',
    words: 'PATH',
    examples: ['', 'packages/checker'],
  },
  format: {
    call: 'npm run format',
    about: 'Writes what the formatter wants, everywhere or in these paths.',
    options: { check: { says: 'writes nothing, and says which files are not so' } },
    words: 'PATH',
    examples: ['', 'packages/checker docs'],
  },
  build: {
    call: 'npm run build',
    about: 'Builds every package of which a source has changed.',
    examples: [''],
  },
  bench: {
    call: 'npm run bench',
    about: 'Measures every row beside a naive version; bench/README.md says what the rows are.',
    options: {
      only: { value: 'PART', says: 'rows with PART in their names' },
      json: { value: 'FILE', says: 'writes the figures there as well' },
      compare: {
        value: 'OLD.json',
        says: 'beside an earlier result of --json of the same machine; exit 1 where a row is slower',
      },
      limit: { value: 'TIMES', is: POSITIVE, default: 1.25, says: 'so many times as slow is slower' },
      rounds: { value: 'N', is: COUNT, default: 5, says: 'rounds for each version' },
      time: { value: 'MS', is: POSITIVE, default: 20, says: 'milliseconds for each round' },
      check: { says: 'no timing: all versions of every row give the same result' },
      scaling: { says: 'what grows how, as an exponent; exit 1 above 1.1' },
    },
    apart: [['check', 'scaling']],
    examples: ['', '--only map', '--json new.json --compare old.json', '--scaling'],
  },
  fuzz: {
    call: 'npm run fuzz',
    about: `Feeds every reader with changed inputs, so long for each; the same seed makes the same inputs. What crashes, takes longer than 2 s
or more memory than it may is kept in tests/fuzz/found, where a test reads it from then on; exit 1.`,
    options: {
      seconds: { value: 'N', is: POSITIVE, says: 'seconds for each reader (10)' },
      minutes: { value: 'N', is: POSITIVE, says: 'minutes for each reader' },
      seed: { value: 'N', is: SEED, default: 1, says: 'which inputs' },
      reader: { value: 'NAME', multiple: true, says: 'only this reader, such as dtb; may be given several times' },
    },
    apart: [['seconds', 'minutes']],
    examples: ['--seconds 10 --seed 1', '--minutes 5 --seed 7 --reader dtb --reader board'],
  },
  mutation: {
    call: 'npm run mutation',
    about: `Plants small faults in a room, one at a time, sees whether a test fails, and lists what survived. No file is touched.
docs/testing.md says which rooms were sampled.`,
    options: {
      room: { value: 'ROOM', says: 'the room, a folder of packages; has to be given' },
      sample: { value: 'N', is: COUNT, default: 40, says: 'so many faults' },
      seed: { value: 'N', is: SEED, default: 1, says: 'which ones' },
      file: { value: 'PART', says: 'only in sources with PART in their names' },
      own: { says: "asks the room's tests alone" },
      tests: { value: 'PATH', multiple: true, says: 'these tests too; may be given several times' },
    },
    examples: ['--room iommu --sample 40 --seed 1', '--room hot --file assembly/ --own'],
  },
  pages: {
    call: 'npm run pages',
    about: 'Writes the pages of docs/ that are made from data, all or these.',
    options: { check: { says: 'writes nothing; exit 1 where a page is not as its data are' } },
    words: 'PAGE',
    examples: ['', 'drivers.md', '--check'],
  },
  docs: {
    call: 'npm run docs',
    about: 'Builds the documentation site in site/build/site, and checks its links.',
    examples: [''],
  },
  release: {
    call: 'npm run release',
    about: `Builds, tests and packs, and writes what a release consists of into build/release; docs/releasing.md says what.
Words behind a second -- are for npm test.`,
    options: {
      'dry-run': { says: 'the tree stays as it is' },
      step: {
        value: 'NAME',
        is: oneOf('build', 'tests', 'use', 'files'),
        multiple: true,
        says: 'only this step: build, tests, use, files; may be given several times',
      },
    },
    words: 'ARG',
    examples: ['--dry-run', '--dry-run --step build --step files', '--dry-run --step tests -- --shard=1/4'],
  },
}
