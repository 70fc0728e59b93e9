import { Args } from '@oclif/core'
import { BaseCommand } from '../base-command.ts'
import { COMPLETION_SCRIPTS } from '../completion/scripts.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export default class Completion extends BaseCommand {
  static override summary =
    'Print a script that lets a shell complete commands, flags, boards, kernels, patches, elements and codes.'
  static override description = `bash: eval "$(dmalab completion bash)" in ~/.bashrc
zsh: dmalab completion zsh > ~/.zsh/_dmalab, where ~/.zsh is in $fpath
fish: dmalab completion fish > ~/.config/fish/completions/dmalab.fish`
  static override examples = [
    'eval "$(<%= config.bin %> <%= command.id %> bash)"',
    '<%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/dmalab.fish',
  ]
  static override args = {
    shell: Args.string({ required: true, options: [...SHELLS], description: 'Shell that will load the script' }),
  }

  async run(): Promise<{ readonly shell: string; readonly script: string }> {
    const { args } = await this.parse(Completion)
    const shell = SHELLS.find((one) => one === args.shell) ?? 'bash'
    const script = COMPLETION_SCRIPTS[shell]
    this.log(script.trimEnd())
    return { shell, script }
  }
}
