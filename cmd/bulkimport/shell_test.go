package main

import "testing"

// TestDialects shows words and lines as each shell reads them back.
func TestDialects(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"plain words stay", posix.word("a-b_c/d.csv"), "a-b_c/d.csv"},
		{"spaces", posix.word("my file.csv"), "'my file.csv'"},
		{"quotes", posix.word("it's"), `'it'\''s'`},
		{"nothing", posix.word(""), "''"},
		{"what a terminal would run", posix.word("a\x1b[2J'\u202e\xff.csv"), `$'a\x1b[2J\'\xe2\x80\xae\xff.csv'`},
		{"a backslash", posix.word(`a\b`), `'a\b'`},
		{"a file is no flag", posix.file("-a.csv"), "./-a.csv"},
		{"stdin is itself", posix.file("-"), "-"},
		{"a variable", posix.set("A", "b c"), "export A='b c'"},
		{"no variables", posix.unset("A", "B"), "unset A B"},

		{"PowerShell: a path", powershell.word(`C:\a\b.csv`), `C:\a\b.csv`},
		{"PowerShell: spaces", powershell.word(`C:\my files\it's.csv`), `"C:\my files\it's.csv"`},
		{"PowerShell: a list is none", powershell.word("a,b"), `"a,b"`},
		{"PowerShell: a variable is none", powershell.word("$a's"), "'$a''s'"},
		{"PowerShell: quotes of print", powershell.word("\u201ca\u201d \u2018b\u2019"), "'\u201ca\u201d \u2018\u2018b\u2019\u2019'"},
		{"PowerShell: what a terminal would run", powershell.word("a\x1b[2J"), `"a\u001b[2J"`},
		{"PowerShell: a variable", powershell.set("A", "it's $b"), "$env:A = 'it''s $b'"},
		{"PowerShell: no variables", powershell.unset("A", "B"), "Remove-Item -ErrorAction Ignore Env:A, Env:B"},

		{"cmd: spaces", prompt.word(`C:\my files\a.csv`), `"C:\my files\a.csv"`},
		{"cmd: commands are none", prompt.word("a&b"), `"a&b"`},
		{"cmd: a variable", prompt.set("A", "b&c"), `set "A=b&c"`},
		{"cmd: no variables", prompt.unset("A", "B"), `set "A=" & set "B="`},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}
