import { tableRow } from '../machines/page-tables.mjs'

export const row = tableRow({
  name: 'pgtable-clear-v7s',
  title: 'unmap single pages from short-descriptor tables',
  format: 'v7s',
  loop: 'clear',
})
