import { tableRow } from '../machines/page-tables.mjs'

export const row = tableRow({
  name: 'pgtable-walk',
  title: 'find the address behind a page, four levels, in no order',
  format: 'lpae',
  loop: 'walk',
})
