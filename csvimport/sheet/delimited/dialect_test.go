package delimited_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// TestHeadings finds heading line and delimiter among the first rows.
func TestHeadings(t *testing.T) {
	type found struct {
		Delimiter string
		Line, Row int
		Header    string   // its cells, with bars between
		Above     []string // likewise
	}
	padded := func(n int) string { return "tenant" + strings.Repeat(" ", n-len("tenant")) + ",plan_id,sub_id\n" }
	tests := []struct {
		name, text string
		want       found // zero if there are none
	}{
		{"commas", "tenant,plan_id,sub_id\n", found{",", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"semicolons", "tenant;plan_id;sub_id\n", found{";", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"tabs", "tenant\tplan_id\tsub_id\n", found{"\t", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"bars", "tenant|plan_id|sub_id\n", found{"|", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"no line end", "tenant,plan_id,sub_id", found{",", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"as people write them", "Tenant.,PLAN ID,sub-id\n", found{",", 1, 1, "Tenant.|PLAN ID|sub-id", nil}},
		{"quoted", "\"tenant\";\"plan\n_id\";\"sub_id\"\n", found{";", 1, 1, "tenant|plan\n_id|sub_id", nil}},
		{"among others", "no,tenant,plan_id,x,sub_id,y\n", found{",", 1, 1, "no|tenant|plan_id|x|sub_id|y", nil}},
		{"empty ones at the end", "tenant,plan_id,sub_id,,\u00a0,\n", found{",", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"two are too few", "tenant,plan_id,subs\n", found{}},
		{"one thrice counts once", "tenant,Tenant,TENANT\n", found{}},
		{"one twice counts once", "tenant,tenant,plan_id,sub_id\n", found{",", 1, 1, "tenant|tenant|plan_id|sub_id", nil}},
		{"256 bytes are a heading", padded(256), found{",", 1, 1, strings.ReplaceAll(strings.TrimSpace(padded(256)), ",", "|"), nil}},
		{"257 bytes are none", padded(257), found{}},

		{"blank lines above", "\n  \n,,\ntenant,plan_id,sub_id\n", found{",", 4, 4, "tenant|plan_id|sub_id", nil}},
		{"a title above", "Export\r\n\r\n\"May\nJune\";x\r\ntenant;plan_id;sub_id\r\n", found{";", 5, 4, "tenant|plan_id|sub_id", []string{"Export", "May\nJune|x"}}},
		{"nine rows above", strings.Repeat("a,b\n\n", 9) + "tenant,plan_id,sub_id\n", found{",", 19, 19, "tenant|plan_id|sub_id", strings.Fields(strings.Repeat("a|b ", 9))}},
		{"ten rows above", strings.Repeat("a,b\n", 10) + "tenant,plan_id,sub_id\n", found{}},
		{"more of them further down", "tenant,plan_id,sub_id\ntenant;plan_id;sub_id;email\n", found{";", 2, 2, "tenant|plan_id|sub_id|email", []string{"tenant,plan_id,sub_id"}}},
		{"as many further down", "tenant,plan_id,sub_id\n1,2,3\ntenant;plan_id;sub_id\n", found{",", 1, 1, "tenant|plan_id|sub_id", nil}},
		{"as many with two delimiters", "tenant;plan_id;sub_id;x,tenant,plan_id,sub_id\n", found{",", 1, 1, "tenant;plan_id;sub_id;x|tenant|plan_id|sub_id", nil}},

		{"sep= line", "sep=;\ntenant;plan_id;sub_id\n", found{";", 2, 1, "tenant|plan_id|sub_id", nil}},
		{"sep= line and a title", "sep=;\r\nExport\r\ntenant;plan_id;sub_id\r\n", found{";", 3, 2, "tenant|plan_id|sub_id", []string{"Export"}}},
		{"sep= line decides a tie", "sep=;\ntenant;plan_id;sub_id;x,tenant,plan_id,sub_id\n", found{";", 2, 1, "tenant|plan_id|sub_id|x,tenant,plan_id,sub_id", nil}},
		{"sep= line of the first delimiter decides a tie", "sep=,\ntenant;plan_id;sub_id;x,tenant,plan_id,sub_id\n", found{",", 2, 1, "tenant;plan_id;sub_id;x|tenant|plan_id|sub_id", nil}},
		{"sep= line is wrong", "sep=;\ntenant,plan_id,sub_id\n", found{",", 2, 1, "tenant|plan_id|sub_id", nil}},
		{"sep= line names another delimiter", "sep=^\ntenant,plan_id,sub_id\n", found{",", 2, 1, "tenant|plan_id|sub_id", nil}},
		{"sep= line names another delimiter, which is not read", "sep=^\ntenant^plan_id^sub_id\n", found{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts := open(t, []byte(tt.text), delimited.Options{}).Facts()
			var got found
			if facts.Fault == nil {
				got = found{string(facts.Style.Delimiter), facts.Header.Line, facts.Header.Row, strings.Join(facts.Header.Cells, "|"), nil}
				for _, r := range facts.Preamble {
					got.Above = append(got.Above, strings.Join(r.Cells, "|"))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("headings (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSepLine recognises first lines that name the delimiter.
func TestSepLine(t *testing.T) {
	tests := []struct {
		name, line string
		end        string // LF if empty
		want       bool
	}{
		{"as Excel reads it", "sep=;", "", true},
		{"CRLF", "sep=;", "\r\n", true},
		{"CR", "sep=;", "\r", true},
		{"upper case", "SEP=|", "", true},
		{"a tab", "sep=\t", "", true},
		{"a tab that an editor has dropped", "sep=", "", true},
		{"quoted", `"sep=;"`, "", true},
		{"quoted and padded", `"sep=,",,,,,`, "", true},
		{"padded", "sep=;;;;;;", "", true},
		{"spaces around it", " \tsep=; ", "", true},
		{"a name of another kind", "sep=^", "", true},
		{"too short", "sep", "", false},
		{"a colon", "sep:;", "", false},
		{"text after it", "sep=;x", "", false},
		{"a heading", "sep=;tenant", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			end := tt.end
			if end == "" {
				end = "\n"
			}
			text := tt.line + end + strings.TrimSpace(headLine) + end + strings.TrimSpace(row("x")) + end
			got := read(t, []byte(text), delimited.Options{})
			if got.Fault != nil || len(got.Lines) != 1 {
				t.Fatalf("fault %+v, %d records", got.Fault, len(got.Lines))
			}
			where := [4]int{2, 2, 3, 3}
			var notices []sheet.NoticeKind
			if tt.want {
				where = [4]int{2, 1, 3, 2} // it is a line, and no row
				notices = []sheet.NoticeKind{sheet.SepLine}
			}
			if diff := cmp.Diff(where, [4]int{got.Header.Line, got.Header.Row, got.Lines[0].Line, got.Lines[0].Row}); diff != "" {
				t.Errorf("lines and rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(notices, got.Notices); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
			if above := len(got.Preamble) > 0; above == tt.want {
				t.Errorf("taken for a row: %t", above)
			}
		})
	}
	t.Run("nothing else", func(t *testing.T) {
		for _, text := range []string{"sep=;", "sep=;\n", "sep=;\r", "sep=;\r\n"} {
			facts := open(t, []byte(text), delimited.Options{}).Facts()
			if facts.Fault == nil {
				t.Errorf("%q has no fault", text)
			}
			if got, want := len(facts.Notices) > 0, strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\r"); got != want {
				t.Errorf("%q is a line: %t, want %t", text, got, want)
			}
		}
	})
	t.Run("where it stands", func(t *testing.T) {
		got := open(t, []byte("sep=,\n"+headLine), delimited.Options{}).Facts().Notices
		if diff := cmp.Diff([]sheet.Notice{{Kind: sheet.SepLine, Line: 1}}, got); diff != "" {
			t.Errorf("notices (-want +got):\n%s", diff)
		}
	})
}

// TestNoHeadings tells headings that are missing from headings that are not
// separated as expected.
func TestNoHeadings(t *testing.T) {
	none := func(line, row int, value string) sheet.Fault {
		return sheet.Fault{Kind: sheet.NoHeader, Line: line, Row: row, Column: -1, Value: value}
	}
	unseparated := func(detail string, line, row int, value string) sheet.Fault {
		return sheet.Fault{Kind: sheet.BadDelimiter, Detail: detail, Line: line, Row: row, Column: -1, Value: value}
	}
	const long = "äbcdefghijklmnopqrstuvwxyzäbcdefghijklmnopqrstuvwxyzäbcdefgh"
	tests := []struct {
		name, text string
		delimiter  string
		want       sheet.Fault
	}{
		{"other words", "a;b;c\n1;2;3\n", ";", none(1, 1, "a;b;c")},
		{"the wider delimiter counts", "a,b;c;d\n", ";", none(1, 1, "a,b;c;d")},
		{"of two as wide the first counts", "a,b;c\n", ",", none(1, 1, "a,b;c")},
		{"below blank lines", "\n\n a,b \r\nc,d\n", ",", none(3, 3, " a,b ")},
		{"below a sep= line", "sep=;\na,b\n", ",", none(2, 1, "a,b")},
		{"a long line", long + "i,b\n", ",", none(1, 1, long)},
		{"a long line of large letters", strings.Repeat("🚀", 61) + ",b\n", ",", none(1, 1, strings.Repeat("🚀", 60))},
		{"two values", "a,b", ",", none(1, 1, "a,b")},

		{"one value", "a\nb\n", ",", unseparated(sheet.DelimiterNone, 1, 1, "a")},
		{"circumflexes", "tenant^plan_id^sub_id\n1^2^3\n", ",", unseparated(sheet.DelimiterNone, 1, 1, "tenant^plan_id^sub_id")},
		{"spaces, in other spelling", "Tenant  plan-ID  Sub_Id\n", ",", unseparated(sheet.DelimiterNone, 1, 1, "Tenant  plan-ID  Sub_Id")},
		{"below wider rows", "a,b\n\ntenant:plan_id:sub_id\n", ",", unseparated(sheet.DelimiterNone, 3, 3, "tenant:plan_id:sub_id")},
		{"with another value behind a bar", "a,b\ntenant:plan_id:sub_id|x\n", ",", unseparated(sheet.DelimiterNone, 2, 2, "tenant:plan_id:sub_id|x")},
		{"two of them are too few", "a,b\ntenant:plan_id:subs\n", ",", none(1, 1, "a,b")},
		{"a long line of them", "tenant^plan_id^sub_id" + long + "\n", ",", unseparated(sheet.DelimiterNone, 1, 1, ("tenant^plan_id^sub_id" + long)[:62])},
		{"each line is one quoted value", "\"tenant,plan_id,sub_id\"\n\"1,2,3\"\n", ",", unseparated(sheet.DelimiterWrapped, 1, 1, "tenant,plan_id,sub_id")},
		{"one quoted value with other signs", "\"tenant^plan_id^sub_id\"\n", ",", unseparated(sheet.DelimiterNone, 1, 1, "tenant^plan_id^sub_id")},
		{"only the title is quoted", "\"Title\"\ntenant^plan_id^sub_id\n", ",", unseparated(sheet.DelimiterNone, 2, 2, "tenant^plan_id^sub_id")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			facts := open(t, []byte(tt.text), delimited.Options{}).Facts()
			if diff := cmp.Diff(&tt.want, facts.Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			if got := string(facts.Style.Delimiter); got != tt.delimiter {
				t.Errorf("delimiter %q, want %q", got, tt.delimiter)
			}
		})
	}
}

// TestRowsWithAnotherDelimiter compares the first rows with the headings.
func TestRowsWithAnotherDelimiter(t *testing.T) {
	const head = "tenant,plan_id,sub_id,email\n"
	fault := func(line, row int, delim byte) *sheet.Fault {
		return &sheet.Fault{Kind: sheet.BadDelimiter, Detail: sheet.DelimiterRows, Line: line, Row: row, Column: -1, Byte: delim}
	}
	tests := []struct {
		name, text string
		want       *sheet.Fault
	}{
		{"semicolons", head + "1;2;3;4\n", fault(2, 2, ';')},
		{"tabs", head + "1\t2\t3\t4\n", fault(2, 2, '\t')},
		{"bars", head + "1|2|3|4\n", fault(2, 2, '|')},
		{"commas", strings.ReplaceAll(head, ",", ";") + "1,2,3,4\n", fault(2, 2, ',')},
		{"below blank rows", head + "\n,,\n1;2;3;4\n5;6;7;8\n", fault(4, 4, ';')},
		{"below a title and a sep= line", "sep=,\nTitle\n" + head + "1;2;3;4\n", fault(4, 3, ';')},
		{"one value fewer", head + "1;2;3\n", fault(2, 2, ';')},
		{"two values fewer", head + "1;2\n", nil},
		{"empty values more", head + "1;2;3;4;;\n", fault(2, 2, ';')},
		{"a value more", head + "1;2;3;4;5\n", nil},
		{"in quotes", head + "\"1\";\"2;\";3;4\n", fault(2, 2, ';')},
		{"as wide with the headings' own", head + "1;2;3;4,5,6,7\n", nil},
		{"one fewer with the headings' own", head + "1;2;3;4,5,6\n", nil},
		{"two fewer with the headings' own", head + "1;2;3,4;5\n", fault(2, 2, ';')},
		{"two other delimiters", head + "1;2;3;4\n1\t2\t3\t4\n", nil},
		{"the last of ten is sound", head + strings.Repeat("1;2;3;4\n", 9) + "1,2,3,4\n", nil},
		{"the eleventh is sound", head + strings.Repeat("1;2;3;4\n", 10) + "1,2,3,4\n", fault(2, 2, ';')},
		{"no rows", head, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, open(t, []byte(tt.text), delimited.Options{}).Facts().Fault); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
		})
	}
}
