import { tableRow } from '../machines/page-tables.mjs'

export const row = tableRow({
  name: 'pgtable-fill-v7s',
  title: 'map single pages in short-descriptor tables',
  format: 'v7s',
  loop: 'fill',
})
