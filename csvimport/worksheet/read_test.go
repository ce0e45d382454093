package worksheet_test

import (
	"bytes"
	"iter"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/worksheet"
)

const (
	subA = "3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11"
	subB = "9936c5f2-9617-4b2d-b766-d2b4fef09dd3"
	refA = "azure-import/" + subA
)

// utf16le is a text as Excel saves "Unicode Text".
func utf16le(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

func TestRead(t *testing.T) {
	answer := func(row int, kind worksheet.Kind, order string) worksheet.Answer {
		return worksheet.Answer{Line: row, Row: row, Sub: subA, Gen: 1, Kind: kind, Order: order}
	}
	const head = "reference,subscription,found,note\n"
	for _, tc := range []struct {
		name, text string
		want       []worksheet.Answer
		codes      []csvimport.Code
	}{
		{"a number", head + refA + "," + subA + ",SO000123,\n", []worksheet.Answer{answer(2, worksheet.Number, "SO000123")}, nil},
		{"blanks and an apostrophe around it", head + refA + "," + subA + ",\" '\u00a0SO000123 \",\n", []worksheet.Answer{answer(2, worksheet.Number, "SO000123")}, nil},
		{"apostrophes before all of it", head + "'" + refA + ",'" + subA + ",'none,\n", []worksheet.Answer{answer(2, worksheet.None, "")}, nil},
		{"none, in capitals", head + refA + "," + subA + ",None,\n", []worksheet.Answer{answer(2, worksheet.None, "")}, nil},
		{"not filled in", head + refA + "," + subA + ",,\n", nil, nil},
		{"semicolons and a mark", "\ufeff" + strings.ReplaceAll(head+refA+","+subA+",none,\n", ",", ";"), []worksheet.Answer{answer(2, worksheet.None, "")}, nil},
		{"UTF-16 with tabs", utf16le(strings.ReplaceAll(head+refA+","+subA+",none,\n", ",", "\t")), []worksheet.Answer{answer(2, worksheet.None, "")}, nil},
		{"the subscription in braces and capitals", head + refA + ",{" + strings.ToUpper(subA) + "},none,\n", []worksheet.Answer{answer(2, worksheet.None, "")}, nil},
		{"a second order of it", head + refA + "/2," + subA + ",none,\n", []worksheet.Answer{{Line: 2, Row: 2, Sub: subA, Gen: 2, Kind: worksheet.None}}, nil},
		{"the same twice", head + refA + "," + subA + ",none,\n" + refA + "," + subA + ",none,\n", []worksheet.Answer{answer(2, worksheet.None, "")}, nil},
		{"rows that contradict each other", head + refA + "," + subA + ",none,\n" + refA + "," + subA + ",SO1,\n", nil, []csvimport.Code{csvimport.EAnswersDiffer}},
		{"one order for two", "tenant,subscription,found\nx," + subA + ",SO1\nx," + subB + ",so1\n", nil, []csvimport.Code{csvimport.EAnswersDiffer}},
		{"no id", head + refA + ",3f0c8a52,none,\n", nil, []csvimport.Code{csvimport.EGUID}},
		{"one column sorted alone", head + refA + "," + subB + ",none,\n", nil, []csvimport.Code{csvimport.EReferenceOther}},
		{"a number in scientific notation", head + refA + "," + subA + ",1.23E+08,\n", nil, []csvimport.Code{csvimport.EFound}},
		{"a word nobody knows", head + refA + "," + subA + ",keine,\n", nil, []csvimport.Code{csvimport.EFound}},
		{"a formula that gave no value", head + refA + "," + subA + ",#N/A,\n", nil, []csvimport.Code{csvimport.EFound}},
		{"corrected without words", head + refA + "," + subA + ",corrected,\n", nil, []csvimport.Code{csvimport.ENoNote}},
		{"corrected, with words", head + refA + "," + subA + ",Corrected,Jane: moved it\n",
			[]worksheet.Answer{{Line: 2, Row: 2, Sub: subA, Gen: 1, Kind: worksheet.Corrected, Note: "Jane: moved it"}}, nil},
		{"words that are not to be shown as they are", head + refA + "," + subA + ",corrected,\"Jane:\nmoved \x1b[31mit\"\n",
			[]worksheet.Answer{{Line: 2, Row: 2, Sub: subA, Gen: 1, Kind: worksheet.Corrected, Note: "Jane: moved [31mit"}}, nil},
		{"a good row beside a bad one", head + refA + "," + subA + ",none,\n,nonsense,none,\n", []worksheet.Answer{answer(2, worksheet.None, "")}, []csvimport.Code{csvimport.EGUID}},
		{"no column found", "reference,subscription,note\n", nil, []csvimport.Code{csvimport.EHeaderMissing}},
		{"another table", "a,b,c\n1,2,3\n", nil, []csvimport.Code{csvimport.ENoHeader}},
		{"nothing", "", nil, []csvimport.Code{csvimport.EEmptyFile}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := worksheet.Read(strings.NewReader(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Answers, cmpopts.IgnoreFields(worksheet.Answer{}, "Letter"), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			var codes []csvimport.Code
			for _, f := range got.Findings {
				codes = append(codes, f.Code)
				if f.Message == "" || f.Hint == "" {
					t.Errorf("a finding without words: %+v", f)
				}
			}
			if diff := cmp.Diff(tc.codes, codes); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func each(rows ...worksheet.Row) iter.Seq2[worksheet.Row, error] {
	return func(yield func(worksheet.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// TestWrite shows that what is written reads back once it is filled in, and that no
// cell is run by a spreadsheet.
func TestWrite(t *testing.T) {
	var b bytes.Buffer
	n, err := worksheet.Write(rows.NewWriter(&b, rows.CSV), each(worksheet.Row{
		Reference: refA, Tenant: "t.onmicrosoft.com", Sub: subA, AccountNo: "1000001", AccountName: "=cmd()", Plan: "Plan (id)",
		Sent: "Fri 2026-11-27 16:40 UTC", Known: "no answer", OrderNumber: "SO1", OrderID: "id-1",
	}))
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	want := "\ufeffreference,tenant,subscription,account_id,account_name,plan,sent_at,known,order_number,order_id,found,note\r\n" +
		refA + ",t.onmicrosoft.com," + subA + ",1000001,'=cmd(),Plan (id),Fri 2026-11-27 16:40 UTC,no answer,SO1,id-1,,\r\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	filled := strings.Replace(b.String(), ",id-1,,", ",id-1,none,", 1)
	got, err := worksheet.Read(strings.NewReader(filled))
	if err != nil || len(got.Answers) != 1 || len(got.Findings) > 0 || got.Answers[0].Known != "no answer" {
		t.Errorf("read back: %+v, %v", got, err)
	}
}
