// The command that gives the same on a command line.
import { printable } from '@dmalab/report/view'
import { useState } from 'preact/hooks'
import { useStore } from '../store.ts'

export const Command = () => {
  const { data } = useStore()
  const [copied, setCopied] = useState(false)
  const shown = data.value
  if (shown === null) return null
  const copy = (): void => {
    navigator.clipboard?.writeText(shown.command).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <div class="field">
      <span class="row">
        The same on a command line{shown.kind === 'runs' ? '; the address of this page holds the run, too' : ''}
        <button type="button" class="plain no-print" onClick={copy}>
          {copied ? 'copied' : 'copy the command'}
        </button>
      </span>
      <pre data-view="command">{printable(shown.command)}</pre>
    </div>
  )
}
