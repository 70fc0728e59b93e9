import { tableRow } from '../machines/page-tables.mjs'

export const row = tableRow({
  name: 'pgtable-fill',
  title: 'map single pages in long-descriptor tables',
  format: 'lpae',
  loop: 'fill',
})
