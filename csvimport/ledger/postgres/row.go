package postgres

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// row is an entry as its table has it.
type row struct {
	id  int64 // as it was read
	old bool  // there is a later generation
	ledger.Entry
	changed, added bool // since it was read
}

const (
	numberColumns = "old, gen, state, run, sent_by, sends, doubted, doubt_since, doubt_here, submitted_at, finished_at, shown_at, origin, http_status, imported"
	textColumns   = "sub, tenant, account_id, account_no, account_name, email, plan_id, plan_name, cut_off, order_id, order_number, order_status, code, message, commerce_sub"
	entryColumns  = "id, " + numberColumns + ", " + textColumns
)

func (r *row) numbers() []int64 {
	e := &r.Entry
	return []int64{
		flag(r.old), int64(e.Gen), int64(e.State), e.Run, e.SentBy, int64(e.Sends), flag(e.Doubted), millis(e.DoubtSince), millis(e.DoubtHere),
		millis(e.SubmittedAt), millis(e.FinishedAt), millis(e.ShownAt), int64(e.Origin), int64(e.HTTPStatus), int64(e.Imported),
	}
}

func (r *row) texts() []*string {
	e := &r.Entry
	return []*string{
		&e.Sub, &e.Tenant, &e.AccountID, &e.AccountNo, &e.AccountName, &e.Email, &e.PlanID, &e.PlanName, &e.CutOff,
		&e.OrderID, &e.OrderNumber, &e.OrderStatus, &e.Code, &e.Message, &e.CommerceSub,
	}
}

// scanRow reads the columns of entryColumns.
func scanRow(rows pgx.CollectableRow) (*row, error) {
	var r row
	var n [15]int64
	to := []any{&r.id}
	for i := range n {
		to = append(to, &n[i])
	}
	for _, s := range r.texts() {
		to = append(to, s)
	}
	if err := rows.Scan(to...); err != nil {
		return nil, err
	}
	e := &r.Entry
	r.old, e.Gen, e.State, e.Run, e.SentBy, e.Sends, e.Doubted = n[0] != 0, int(n[1]), ledger.State(n[2]), n[3], n[4], int(n[5]), n[6] != 0
	e.DoubtSince, e.DoubtHere, e.SubmittedAt, e.FinishedAt, e.ShownAt = instant(n[7]), instant(n[8]), instant(n[9]), instant(n[10]), instant(n[11])
	e.Origin, e.HTTPStatus, e.Imported = ledger.Origin(n[12]), int(n[13]), ledger.Imported(n[14])
	for _, s := range r.texts() {
		*s = unescaped(*s)
	}
	return &r, nil
}

func entryOf(rows pgx.CollectableRow) (ledger.Entry, error) {
	r, err := scanRow(rows)
	if err != nil {
		return ledger.Entry{}, err
	}
	return r.Entry, nil
}

// columns are the values of rows, column by column, as unnest takes them.
func columns(rows []*row) []any {
	numbers, texts := make([][]int64, 15), make([][]string, 15)
	for _, r := range rows {
		for i, n := range r.numbers() {
			numbers[i] = append(numbers[i], n)
		}
		for i, s := range r.texts() {
			texts[i] = append(texts[i], escaped(*s))
		}
	}
	var all []any
	for _, n := range numbers {
		all = append(all, n)
	}
	for _, s := range texts {
		all = append(all, s)
	}
	return all
}

// unnest is the set of rows that columns were made of, from the second parameter on.
func unnest() string {
	var all []string
	for i := range 30 {
		kind := "bigint"
		if i >= 15 {
			kind = "text"
		}
		all = append(all, fmt.Sprintf("$%d::%s[]", i+2, kind))
	}
	return "unnest(" + strings.Join(all, ", ") + ")"
}

// insertion adds rows, in their order, to the platform that is the first parameter.
func insertion() string {
	const names = numberColumns + ", " + textColumns
	return `INSERT INTO import_ledger.entry (platform, ` + names + `) SELECT $1, ` + names + ` FROM ` + unnest() +
		` WITH ORDINALITY AS a(` + names + `, n) ORDER BY n`
}

// update overwrites rows of the platform that is the first parameter. That their
// subscriptions are told twice leads the server to the index, where it has not yet
// learned how many entries there are.
func update() string {
	const names = numberColumns + ", " + textColumns
	var set []string
	for name := range strings.SplitSeq(names, ", ") {
		if name != "sub" && name != "gen" {
			set = append(set, name+" = a."+name)
		}
	}
	return `UPDATE import_ledger.entry e SET ` + strings.Join(set, ", ") + ` FROM ` + unnest() + ` AS a(` + names + `)
		WHERE e.platform = $1 AND e.sub = ANY($17::text[]) AND e.sub = a.sub AND e.gen = a.gen`
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

const escape = `\x`

// escaped is a text as a column can hold it: one that is no UTF-8, or has a zero
// byte, is in hexadecimal digits.
func escaped(s string) string {
	if utf8.ValidString(s) && !strings.Contains(s, "\x00") && !strings.HasPrefix(s, escape) {
		return s
	}
	return escape + hex.EncodeToString([]byte(s))
}

// unescaped is the reverse of escaped.
func unescaped(s string) string {
	if digits, ok := strings.CutPrefix(s, escape); ok {
		if b, err := hex.DecodeString(digits); err == nil {
			return string(b)
		}
	}
	return s
}

func escapedAll(all []string) []string {
	to := make([]string, len(all))
	for i, s := range all {
		to[i] = escaped(s)
	}
	return to
}
