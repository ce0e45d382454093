package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"

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
				return cmd.Root().GenBashCompletionV2(e.data(), true)
			case "zsh":
				return cmd.Root().GenZshCompletion(e.data())
			case "fish":
				return cmd.Root().GenFishCompletion(e.data(), true)
			case "powershell":
				return cmd.Root().GenPowerShellCompletionWithDesc(e.data())
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

// completeStatuses completes a flag that takes statuses of rows.
func completeStatuses(cmd *cobra.Command, flag string) {
	complete(cmd, flag, func() []string {
		var words []string
		for _, s := range csvimport.Statuses() {
			words = append(words, string(s))
		}
		return words
	})
}

// completeFaults completes a flag that takes KIND=RATE.
func completeFaults(cmd *cobra.Command, flag string) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var words []string
		for _, kind := range apstest.FaultKinds() {
			words = append(words, kind+"=")
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}))
}

// completionPatience is how long somebody who pressed Tab waits for a platform.
const completionPatience = 3 * time.Second

// completePlans completes a flag that takes a service plan: names where the begin of
// one is typed, else ids with their names. Nothing is said where no platform answers.
func completePlans(cmd *cobra.Command, flag string, c *connection, e *env) {
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) (ids []string, _ cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(context.Background(), completionPatience)
		defer cancel()
		s, err := c.work(ctx, e, 0)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer s.Close()
		var names []string
		for plan, err := range s.client.Plans(ctx) {
			if err != nil {
				break
			}
			name := clean(plan.Name)
			ids = append(ids, plan.APSID+"\t"+name)
			if typed != "" && len(name) >= len(typed) && strings.EqualFold(name[:len(typed)], typed) {
				names = append(names, name)
			}
		}
		if names != nil {
			ids = names
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}))
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
