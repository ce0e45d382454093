package main

import (
	"fmt"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"

	"bulkimport/csvimport/visible"
)

// dialect is the language of a shell, in which commands are shown to a person.
type dialect string

const (
	posix      dialect = "sh"
	powershell dialect = "powershell"
	prompt     dialect = "cmd"
)

// dialects are those known.
var dialects = []string{string(posix), string(powershell), string(prompt)}

// ourDialect is that of the shell the program was started from, by the name of that
// program on Windows.
func ourDialect() dialect {
	if runtime.GOOS != "windows" {
		return posix
	}
	switch name, _, _ := strings.Cut(strings.ToLower(startedBy()), "."); name {
	case "cmd":
		return prompt
	case "bash", "sh", "zsh", "fish":
		return posix
	}
	return powershell
}

// set is the line that sets a variable of the environment.
func (d dialect) set(name, value string) string {
	switch d {
	case powershell:
		return "$env:" + name + " = " + single(visible.Text(value))
	case prompt:
		return `set "` + name + "=" + visible.Text(value) + `"`
	}
	return "export " + name + "=" + d.word(value)
}

// unset is the line that takes variables out of the environment.
func (d dialect) unset(names ...string) string {
	switch d {
	case powershell:
		return "Remove-Item -ErrorAction Ignore Env:" + strings.Join(names, ", Env:")
	case prompt:
		return `set "` + strings.Join(names, `=" & set "`) + `="`
	}
	return "unset " + strings.Join(names, " ")
}

// word quotes an argument so that the shell reads it back as it is, if it can be typed
// there. What must not reach a terminal is escaped, as bash, zsh and ksh understand it;
// on Windows nothing does.
func (d dialect) word(arg string) string {
	signs := "@%+=:,./-_"
	if d != posix {
		signs = `+=:./\-_`
	}
	plain := func(r rune) bool {
		return r < 128 && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(signs, r))
	}
	switch {
	case arg != "" && strings.IndexFunc(arg, func(r rune) bool { return !plain(r) }) < 0:
		return arg
	case d == powershell && strings.ContainsAny(arg, "\"$`\u201c\u201d\u201e"):
		return single(visible.Text(arg))
	case d != posix:
		return `"` + visible.Text(arg) + `"`
	case !utf8.ValidString(arg) || visible.Text(arg) != arg:
		return escaped(arg)
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}

// single puts a text in single quotes of PowerShell, which takes any of five characters
// for one.
func single(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	return "'" + b.String() + "'"
}

// escaped writes an argument between $' and '.
func escaped(arg string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(arg); {
		r, size := utf8.DecodeRuneInString(arg[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == utf8.RuneError && size == 1 || !visible.Shown(r):
			for _, c := range []byte(arg[i : i+size]) {
				fmt.Fprintf(&b, `\x%02x`, c)
			}
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String() + "'"
}

// shell quotes an argument for the shell the program was started from.
func shell(arg string) string { return ourDialect().word(arg) }

// shellFile quotes a file's name, which is no flag whatever it begins with.
func shellFile(name string) string { return ourDialect().file(name) }

// file quotes a file's name, which is no flag whatever it begins with.
func (d dialect) file(name string) string {
	if len(name) > 1 && name[0] == '-' {
		name = "./" + name
	}
	return d.word(name)
}
