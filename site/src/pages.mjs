// What is on the site, in the order of a reader. Pages of docs/ go under their own names.

/** Files outside docs/, and where they are on the site. */
export const SOURCE_PAGES = [
  ['site/pages/index.md', 'index.md'],
  ['site/pages/verdicts.md', 'verdicts.md'],
  ['site/pages/pipelines.md', 'pipelines.md'],
  ['site/pages/kernels.md', 'kernels.md'],
  ['site/pages/plug-ins.md', 'plug-ins.md'],
  ['packages/lab/README.md', 'library.md'],
  ['packages/testkit/README.md', 'testkit.md'],
  ['bench/README.md', 'benchmarks.md'],
  ['examples/README.md', 'examples.md'],
  ['CONTRIBUTING.md', 'contributing.md'],
  ['SECURITY.md', 'security.md'],
]

const item = (text, page) => ({ text, link: `/${page}` })

export const sidebar = [
  {
    text: 'Use it',
    items: [
      item('Start here', 'index'),
      item('Recording on a board', 'recording'),
      item('Diagnosis', 'diagnosis'),
      item('Reading a verdict', 'verdicts'),
      item('The command line', 'command-line'),
      item('Boards', 'boards'),
      item('Drivers', 'drivers'),
      item('Pipelines', 'pipelines'),
      item('Scenario reference', 'scenarios'),
      item('Sweeps', 'sweeps'),
      item('Exploring', 'explore'),
      item('Reports as JSON', 'run-report'),
    ],
  },
  {
    text: 'Know it',
    items: [
      item('Kernels and how they differ', 'kernels'),
      item('Finding catalogue', 'findings'),
      item('Kernel messages', 'kernel-messages'),
      item('Exporters', 'exporters'),
      item('What explorations found', 'found'),
      item('How fidelity is measured', 'fidelity'),
      item('Benchmarks', 'benchmarks'),
    ],
  },
  {
    text: 'Extend it',
    items: [
      item('Writing plug-ins', 'plug-ins'),
      item('Plug-in contract', 'plugin-api'),
      item('Composing kernels', 'composition'),
      item('Examples', 'examples'),
      item('Test kit', 'testkit'),
      item('The library', 'library'),
      item('Library reference', 'reference/index'),
      item('Architecture and decisions', 'architecture'),
      item('Contributing', 'contributing'),
      item('Releasing', 'releasing'),
      item('Security', 'security'),
      item('Dependencies', 'dependencies'),
    ],
  },
]
