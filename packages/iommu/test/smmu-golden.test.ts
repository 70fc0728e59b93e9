import { describeVectors } from './golden-cases.ts'

describeVectors('smmu', ['w', 'cmds', 'out', 'handled'])
