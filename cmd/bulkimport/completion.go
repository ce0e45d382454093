package main

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletion(e *env) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print a completion script for bash, zsh, fish or powershell",
		Args:      arguments("SHELL"),
		ValidArgs: shells,
		Example: `  source <(bulkimport completion bash)         in this shell
  bulkimport completion zsh > "${fpath[1]}/_bulkimport"
  bulkimport completion fish > ~/.config/fish/completions/bulkimport.fish
  bulkimport completion powershell | Out-String | Invoke-Expression`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return cmd.Root().GenBashCompletionV2(e.out, true)
			case "zsh":
				return cmd.Root().GenZshCompletion(e.out)
			case "fish":
				return cmd.Root().GenFishCompletion(e.out, true)
			case "powershell":
				return cmd.Root().GenPowerShellCompletionWithDesc(e.out)
			}
			return &ending{status: statusUsage, err: errors.New("unknown shell " + quote(args[0])), hint: "bash, zsh, fish or powershell"}
		},
	}
	describe(cmd, exits{0: "the script was printed", 2: "unknown shell"})
	return cmd
}

// completeProfiles completes the flag --profile.
func completeProfiles(cmd *cobra.Command, e *env) {
	complete(cmd, "profile", func() []string {
		all, _ := e.profiles()
		return slices.Sorted(maps.Keys(all))
	})
}

// complete completes the value of a flag, or, where it takes several, the last of
// them.
func complete(cmd *cobra.Command, flag string, values func() []string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndexByte(typed, ',')+1]
		var all []string
		for _, v := range values() {
			all = append(all, before+v)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}))
}
