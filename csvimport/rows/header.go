package rows

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"bulkimport/csvimport"
	"bulkimport/csvimport/block"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/similar"
)

// column is one of the columns that are understood, in the order of the tags of
// csvimport.TemplateRow.
type column uint8

const (
	colTenant column = iota
	colPlanID
	colSubID
	colCompany
	colEmail
	colAccountID
	colCutOff

	requiredColumns = colAccountID // those before it must have a value
	neededColumns   = colCutOff    // those before it must be there
	allColumns      = colCutOff + 1
)

var columnNames = [allColumns]string(headings[csvimport.TemplateRow]())

var resultNames = headings[csvimport.ResultRow]()

func (c column) String() string { return columnNames[c] }

// foldedColumns finds the columns by their folded headings.
var foldedColumns = func() map[string]column {
	m := make(map[string]column, allColumns)
	for c, name := range columnNames {
		m[sheet.Fold(name)] = column(c)
	}
	return m
}()

// neededNames are the headings that every file must have.
func neededNames() []string { return columnNames[:neededColumns] }

// problemsHeading is the column that WriteAnnotated adds.
const problemsHeading = "problems"

// header says where the columns stand, and what is to be said of the headings.
type header struct {
	names    []string // as written
	line     int
	row      int
	at       [allColumns]int // position of each column, -1 if it is not there
	is       []int           // for each position the column it holds, or one of the constants below
	last     int             // position of the last of our columns
	ordered  bool
	layout   block.Layout
	findings []csvimport.Finding
}

// What stands at a position if not one of our columns.
const (
	otherColumn   = -1 // a column of the operator's own, or of a results file
	unnamedColumn = -2
)

// extraLimit is how many columns of the operator's own are named one by one.
const extraLimit = 100

// Mapping says which headings are which columns, by the columns' names.
type Mapping map[string]string

// Columns are the names of the columns that are understood.
func Columns() []string { return slices.Clone(columnNames[:]) }

// columnOf returns the column that a folded heading is said to be, as long as that
// column has not its own.
func (m Mapping) columnOf(fold string, own map[column]bool) (column, bool) {
	for c, name := range columnNames {
		if said, ok := m[name]; ok && sheet.Fold(said) == fold && !own[column(c)] {
			return column(c), true
		}
	}
	return 0, false
}

// names are the headings by which a table is found.
func (m Mapping) names() []string {
	return slices.Concat(neededNames(), slices.Sorted(maps.Values(m)))
}

// ownHeadings are the columns that have their own heading.
func ownHeadings(names []string) map[column]bool {
	own := make(map[column]bool)
	for _, cell := range names {
		if c, ok := foldedColumns[foldHeading(cell)]; ok {
			own[c] = true
		}
	}
	return own
}

// tailColumn returns the column that a heading names behind the name of a table, as long
// as that column has not its own.
func tailColumn(heading string, own map[column]bool) (column, bool) {
	c, ok := foldedColumns[sheet.FoldTail(heading)]
	return c, ok && !own[c]
}

// foldHeading returns a cell of the heading line as headings are compared.
func foldHeading(cell string) string { return sheet.Fold(strings.TrimSpace(sheet.Plain(cell))) }

// position returns where a column stands among headings, -1 if it does not.
func (m Mapping) position(col column, names []string) int {
	own := ownHeadings(names)
	return slices.IndexFunc(names, func(cell string) bool {
		c, ok := foldedColumns[foldHeading(cell)]
		if !ok {
			c, ok = m.columnOf(foldHeading(cell), own)
		}
		if !ok {
			c, ok = tailColumn(cell, own)
		}
		return ok && c == col
	})
}

// parseHeader understands the heading line; sample are some of the records below it.
func parseHeader(rec sheet.Record, sample [][]string, mapping Mapping) *header {
	h := &header{names: rec.Cells, line: rec.Line, row: rec.Row, is: make([]int, len(rec.Cells)), ordered: true, layout: block.Of(rec.Cells, resultNames, sample)}
	for i := range h.at {
		h.at[i] = -1
	}
	if rec.Used > sheet.MaxColumns {
		h.add(csvimport.ETooManyColumns, "", -1, "",
			fmt.Sprintf("the heading line has %d columns, more than any spreadsheet has (%d)", rec.Used, sheet.MaxColumns),
			"delete the columns that do not belong to the table")
		return h
	}
	known := make(map[int]bool, len(h.layout.Results))
	for _, i := range h.layout.Results {
		known[i] = true
	}
	own := ownHeadings(rec.Cells)
	extra := 0
	for i, cell := range rec.Cells {
		name := strings.TrimSpace(sheet.Plain(cell))
		fold := sheet.Fold(name)
		c, ok := foldedColumns[fold]
		said, mapped := mapping.columnOf(fold, own)
		if !ok && !mapped {
			c, ok = tailColumn(name, own)
		}
		switch {
		case ok:
			h.take(c, i, cell)
		case mapped && !known[i]:
			h.take(said, i, said.String())
			h.add(csvimport.WHeadingAlias, csvimport.Shown(name), i, said.String(), "the heading "+csvimport.Quoted(name)+" was read as "+said.String()+", as asked", "")
		case fold == "":
			h.is[i] = unnamedColumn
		case known[i] || strings.EqualFold(name, problemsHeading):
			h.is[i] = otherColumn
		case namesBilling(fold):
			h.is[i] = otherColumn
			h.add(csvimport.EHeaderBilling, csvimport.Shown(name), i, name,
				"the heading "+csvimport.Quoted(name)+" seems to name a cut-off or billing date, and is not understood",
				"call the column cut_off_date, or delete it if it is not meant")
		default:
			h.is[i] = otherColumn
			if extra++; extra <= extraLimit {
				h.add(csvimport.WExtraColumn, csvimport.Shown(name), i, name, "the column "+csvimport.Quoted(name)+" is not one of ours and is ignored", "")
			}
		}
	}
	if extra > extraLimit {
		h.add(csvimport.WExtraColumn, "", -1, "", fmt.Sprintf("and %d more columns that are not ours are ignored", extra-extraLimit), "")
	}
	h.missing()
	if !h.ordered {
		h.add(csvimport.WReordered, "", -1, "", "the columns are in another order than exported: "+strings.Join(h.ourNames(), ", "), "")
	}
	return h
}

// take notes that a column stands at a position.
func (h *header) take(c column, i int, cell string) {
	h.is[i] = int(c)
	if h.at[c] >= 0 {
		h.add(csvimport.EHeaderDuplicate, csvimport.Shown(cell), i, c.String(),
			"the column "+c.String()+" is there twice, in "+sheet.Letter(h.at[c])+" and "+sheet.Letter(i), "delete the one that is not meant")
		return
	}
	for after := c + 1; after < neededColumns; after++ {
		if h.at[after] >= 0 {
			h.ordered = false
		}
	}
	h.at[c], h.last = i, i
	if text, _ := normal.Clean(cell); text != c.String() {
		h.add(csvimport.WHeaderSpelling, csvimport.Shown(text), i, c.String(), "the heading "+csvimport.Quoted(text)+" was read as "+c.String(), "")
	}
}

// misreadMark is the byte order mark of UTF-8, read in a character set of the West.
const misreadMark = "ï»¿"

// missing names the columns that are not there, with what may be meant.
func (h *header) missing() {
	for c, name := range neededNames() {
		if h.at[c] >= 0 {
			continue
		}
		why := "the column " + name + " is missing"
		if column(c) == colAccountID {
			why += " (its cells may be empty, the column must be there)"
		}
		hint := "put it back; the first line is " + strings.Join(neededNames(), ",")
		near := h.nearest(column(c))
		if near != "" {
			hint = near + ": did you mean " + name + "?"
		}
		why += ". Found: " + strings.Join(h.shownNames(), ", ")
		if slices.ContainsFunc(h.names, func(n string) bool { return sheet.Fold(strings.TrimPrefix(n, misreadMark)) == name && n != name }) {
			h.add(csvimport.EHeaderMissing, near, -1, name, why, misreadMark+" shows that the CSV was opened in another character set, in which letters of names are wrong too: open it again as Unicode (UTF-8)")
			continue
		}
		h.add(csvimport.EHeaderMissing, near, -1, name, why, hint)
		h.findings[len(h.findings)-1].Next = csvimport.MapColumn
	}
}

// nearest returns the heading that most probably is the column's.
func (h *header) nearest(c column) string {
	best, found := 1<<30, ""
	for i, name := range h.names {
		if h.is[i] != otherColumn || len(name) > 64 {
			continue
		}
		fold := sheet.Fold(name)
		for _, known := range aliases[c] {
			if fold == known {
				return strings.TrimSpace(name)
			}
		}
		want := sheet.Fold(c.String())
		bound := max(2, len(want)/3)
		if d := similar.Distance([]rune(fold), []rune(want), bound); d <= bound && d < best {
			best, found = d, strings.TrimSpace(name)
		}
	}
	return found
}

// aliases are other names of the columns, folded, in some of the languages
// into which headings are translated. They are only used for hints: what a
// column means is never guessed.
var aliases = [neededColumns][]string{
	colTenant:    {"tenantdomain", "tenantname", "domain", "domainname", "mandant", "mieter", "tenantid", "locataire", "domaine", "inquilino", "dominio", "huurder", "domein", "dzierżawca", "domena", "арендатор", "домен", "клиент", "テナント", "租户", "租戶", "klient", "hyresgäst", "lejer", "kiracı"},
	colPlanID:    {"plan", "planguid", "serviceplan", "serviceplanid", "tarif", "tarifid", "planidentifier", "idplan", "idduplan", "iddelplan", "idpiano", "piano", "plano", "idplano", "idplanu", "план", "планid", "プランid", "计划id", "tariefplan"},
	colSubID:     {"subscription", "subscriptionid", "subscriptionguid", "azuresubscription", "azuresubscriptionid", "subid", "abo", "aboid", "abonnement", "abonnementid", "idabonnement", "idsuscripción", "suscripción", "idsottoscrizione", "sottoscrizione", "assinatura", "idassinatura", "subskrypcja", "idsubskrypcji", "подписка", "idподписки", "サブスクリプションid", "订阅id", "prenumeration"},
	colCompany:   {"company", "companyname", "customer", "customername", "name", "organisation", "organization", "firma", "firmenname", "kunde", "kundenname", "unternehmen", "société", "societe", "entreprise", "nomdelasociété", "nomdesociété", "nomdelentreprise", "raisonsociale", "empresa", "nombredelaempresa", "nombreempresa", "azienda", "nomeazienda", "società", "nomeempresa", "bedrijf", "bedrijfsnaam", "nazwafirmy", "компания", "названиекомпании", "会社名", "公司名称", "公司", "företag", "företagsnamn"},
	colEmail:     {"mail", "emailaddress", "adminemail", "contactemail", "mailadresse", "emailadresse", "courriel", "adresseemail", "adressemail", "correo", "correoelectrónico", "correoelectronico", "posta", "indirizzoemail", "enderecodeemail", "adresemail", "почта", "электроннаяпочта", "эладрес", "メール", "メールアドレス", "电子邮件", "邮箱", "epost", "eposta"},
	colAccountID: {"account", "accountnumber", "accountno", "customerid", "konto", "kontoid", "kontonummer", "kundennummer", "compte", "idcompte", "idducompte", "numérodecompte", "cuenta", "iddecuenta", "idcuenta", "idaccount", "idconto", "conto", "conta", "iddaconta", "idkonta", "аккаунт", "idаккаунта", "счет", "アカウントid", "帐户id", "账户id", "rekening"},
}

// ourNames returns our columns in the order in which they stand.
func (h *header) ourNames() []string {
	var names []string
	for _, c := range h.is {
		if c >= 0 {
			names = append(names, column(c).String())
		}
	}
	return names
}

// shownNames returns the headings for a message.
func (h *header) shownNames() []string {
	var names []string
	for _, n := range h.names {
		if n = strings.TrimSpace(n); n == "" {
			continue
		}
		if len(names) == 12 {
			return append(names, "…")
		}
		names = append(names, csvimport.Shown(n))
	}
	return names
}

func (h *header) add(code csvimport.Code, value string, at int, name, message, hint string) {
	place := csvimport.Place{Line: h.line, Row: h.row, Column: csvimport.Shown(name)}
	if at >= 0 {
		place.Letter = sheet.Letter(at)
	}
	h.findings = append(h.findings, csvimport.NewFinding(code, place, value, message, hint))
}

// nameAt returns the name of the column at a position.
func (h *header) nameAt(i int) string {
	if i >= len(h.is) {
		return ""
	}
	if is := h.is[i]; is >= 0 {
		return column(is).String()
	}
	return csvimport.Shown(strings.TrimSpace(h.names[i]))
}

// usable reports whether rows can be read under the headings.
func (h *header) usable() bool {
	for _, f := range h.findings {
		if f.Severity == csvimport.SeverityError {
			return false
		}
	}
	return true
}

// billingNames are what headings of cut-off, billing and start dates hold,
// folded. An order placed with another date than meant costs money, so these
// are never ignored.
var billingNames = [...]string{
	"cutoff", "billing", "startdate", "datestart", "startingdate", "startingfrom", "startson", "begindate", "beginningdate", "dateofstart",
	"effectivedate", "effectivefrom", "validfrom", "activationdate", "chargefrom", "chargedfrom", "invoicefrom", "invoicestart",
	"stichtag", "abrechnung", "startdatum", "beginndatum", "gültigab", "facturation", "datededébut", "datededebut", "datedebut", "datedeffet",
	"facturación", "facturacion", "fechadeinicio", "fechainicio", "fechadecorte", "fatturazione", "datadiinizio", "datainizio", "faturamento", "datadeinício", "datadeinicio",
	"ingangsdatum", "facturering", "rozliczeni", "datarozpoczęcia", "датаначала", "биллинг", "выставлени",
}

func namesBilling(fold string) bool {
	if utf8.RuneCountInString(fold) > 64 {
		return false
	}
	for _, n := range billingNames {
		if strings.Contains(fold, n) {
			return true
		}
	}
	return false
}

// headingsAmong counts our headings among the cells of a row.
func headingsAmong(cells []string) int {
	var seen [allColumns]bool
	n := 0
	for _, cell := range cells {
		if cell == "" || len(cell) > 40 {
			continue
		}
		c, ok := foldedColumns[foldHeading(cell)]
		if ok && c < neededColumns && !seen[c] {
			seen[c] = true
			n++
		}
	}
	return n
}
