// Package report shows one run of an import as a page to look at.
//
// The page is one HTML file that needs nothing else: no server, no other file,
// no network. It holds outcome totals, a chart of orders over time, a chart of
// order times, the causes of what went wrong, and a table of all rows to
// search, filter and sort. Without JavaScript everything but that table stands.
//
// Everything a row says came from strangers and is shown as text: rows are
// JSON inside a data block, which the page's script puts in place as text
// nodes only, and a Content-Security-Policy lets nothing run or load but the
// page's own script and style.
package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"iter"
	"strconv"
	"sync"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/visible"
)

// Page is what one page shows. Empty strings and zero times are left out.
type Page struct {
	Title    string // heading, default the file's name
	File     string // the operator's file
	Platform string // for people, for example a host name
	Started  time.Time
	Ended    time.Time
	Program  string // that made the page
	Version  string // of the program
	Rows     iter.Seq2[csvimport.Reported, error]

	// Advice is the next step for rows of a status whose orders have this status,
	// for a person. The status is "other" for every word that is none of
	// csvimport.Statuses. Nil gives no advice.
	Advice func(status csvimport.Status, orderStatus string) string
}

// fields names the cells of a row in the page's data, in the order in which
// cells gives them.
var fields = [...]string{
	"row", "sub_id", "tenant", "company", "plan_name", "account", "account_name", "status",
	"order_id", "order_number", "order_status", "error_code", "error", "attempts",
	"submitted_at", "finished_at", "cut_off", "reference", "http_status", "cause",
}

func cells(row *csvimport.Reported, cause int) [len(fields)]string {
	group := ""
	if cause >= 0 {
		group = strconv.Itoa(cause)
	}
	r := row.Result.Text()
	return [...]string{
		string(r.Row), r.SubID, row.Row.Tenant, row.Row.Company, r.PlanName, r.Account, r.AccountName, r.Status,
		r.OrderID, r.OrderNumber, r.OrderStatus, r.ErrorCode, r.Error, string(r.Attempts),
		r.SubmittedAt, r.FinishedAt, r.CutOff, r.Reference, string(r.HTTPStatus), group,
	}
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

// templates are parsed when the first page is written: most commands write none.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"count":   thousands,
		"isolate": isolate,
	}).Parse(pageHTML))
})

// Write writes the page to w. Rows are read once and pass straight through:
// of each only some 24 bytes are kept for the charts. An error of Rows or of w
// ends the page in the middle and is returned; what was written by then is no
// page and must be thrown away.
func Write(w io.Writer, page Page) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for _, text := range []*string{&page.Title, &page.File, &page.Platform, &page.Program, &page.Version} {
		*text = readable(*text)
	}
	view := view{
		Page:    page,
		Heading: cmp.Or(page.Title, page.File, "Import"),
		Policy:  policy(),
		Style:   template.CSS(pageCSS),
		Script:  template.JS(pageJS),
		Words:   vocabulary(),
	}
	if err := templates().ExecuteTemplate(out, "top", &view); err != nil {
		return err
	}
	run, err := writeRows(out, page.Rows)
	if err != nil {
		return err
	}
	view.fill(run)
	if err := templates().ExecuteTemplate(out, "rest", &view); err != nil {
		return err
	}
	return out.Flush()
}

// writeRows writes the data block and counts what passes. The block comes
// before all that is seen, so that one reading of the rows is enough for both.
func writeRows(out *bufio.Writer, rows iter.Seq2[csvimport.Reported, error]) (*tally, error) {
	run := newTally()
	out.WriteString(`<script type="application/json" id="data">[`)
	if rows != nil {
		for row, err := range rows {
			if err != nil {
				return nil, fmt.Errorf("read the rows of the report: %w", err)
			}
			if run.rows > 0 {
				out.WriteByte(',')
			}
			text, err := json.Marshal(cells(&row, run.add(&row.Result))) // no cell can end the block
			if err != nil {
				return nil, err
			}
			out.WriteString(visible.Lines(string(text)))
			out.WriteByte('\n')
		}
	}
	_, err := out.WriteString("]</script>\n")
	return run, err
}

// isolate keeps directions set inside a text from what stands beside it, where
// no element can: in the title of a tab.
func isolate(text string) string { return "\u2068" + text + "\u2069" }

// policy is the page's Content-Security-Policy: its own script and style, by
// their hashes, and nothing else.
func policy() string {
	return "default-src 'none'; script-src '" + hash(pageJS) + "'; style-src '" + hash(pageCSS) +
		"'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
