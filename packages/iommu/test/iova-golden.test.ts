import { describeVectors } from './golden-cases.ts'

describeVectors('iova', ['r', 'end'])
describeVectors('iova-rcache', ['end'], ['steps'])
