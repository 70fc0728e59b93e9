// SARIF 2.1.0: what every log of ours has around its rules and results.

export type Json = Readonly<Record<string, unknown>>

export interface SarifRun {
  /** Of dmalab. */
  readonly version: string
  readonly rules: readonly Json[]
  /** Did everything run that was asked for? */
  readonly successful: boolean
  readonly notifications: readonly Json[]
  readonly results: readonly Json[]
}

export const sarifLog = ({ version, rules, successful, notifications, results }: SarifRun): Json => ({
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  version: '2.1.0',
  runs: [
    {
      tool: { driver: { name: 'dmalab', version, informationUri: 'https://www.npmjs.com/package/dmalab', rules } },
      invocations: [{ executionSuccessful: successful, toolExecutionNotifications: notifications }],
      results,
    },
  ],
})
