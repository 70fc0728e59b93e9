// A page for each kind of plug-in: the tutorial of a generated project, and its code.
import { PROJECT_KINDS, projectFiles } from '../../packages/generate/dist/index.js'

export const plugInPages = (version) =>
  PROJECT_KINDS.map((kind) => {
    const files = new Map(projectFiles(kind, `my-${kind}`, version).map(({ path, text }) => [path, text]))
    const tutorial = files.get('README.md').replace(/^# .*/, `# Writing a plug-in: ${kind}`)
    const code = (path) => `\`\`\`ts\n${files.get(path).trimEnd()}\n\`\`\``
    return [
      `plug-ins/${kind}.md`,
      `${tutorial}\n## The code\n\n\`dmalab generate ${kind} my-${kind}\` writes this project.\n\n${code('src/index.ts')}\n\nIts test:\n\n${code(`test/my-${kind}.test.ts`)}\n`,
    ]
  })
