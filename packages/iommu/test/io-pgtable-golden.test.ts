import { describeVectors } from './golden-cases.ts'

describeVectors('io-pgtable-lpae', ['out', 'ev0', 'r', 'pt', 'evf'])
describeVectors('io-pgtable-v7s', ['out', 'ev0', 'r', 'pt', 'evf'])
