import { tableRow } from '../machines/page-tables.mjs'

export const row = tableRow({
  name: 'pgtable-clear',
  title: 'unmap single pages from long-descriptor tables',
  format: 'lpae',
  loop: 'clear',
})
