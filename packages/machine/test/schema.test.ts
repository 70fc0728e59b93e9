// The JSON schema of board files, for editors.
import { expect, it } from 'vitest'
import { machineJsonSchema } from '../src/index.ts'

it('docs/board.schema.json is the schema (vitest -u writes it)', async () => {
  await expect(`${JSON.stringify(machineJsonSchema(), null, 2)}\n`).toMatchFileSnapshot(
    '../../../docs/board.schema.json',
  )
})
