import { describeVectors } from './golden-cases.ts'

describeVectors('dma-iommu-sg', ['ret', 'dma', 'maps', 'un'], ['pre'])
describeVectors('dma-iommu-seq', ['r', 'end'])
