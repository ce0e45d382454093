package check

import (
	"context"
	"fmt"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/rows"
)

// owners tells which accounts are whose: 4 bytes for each that the catalog has.
type owners struct {
	catalog  *catalog.Catalog
	rows     []uint32 // by the account's position: the first row that has its name and e-mail, 0 = none
	borrowed int      // rows whose account is another row's
}

// enoughBorrowed is how many rows have to give accounts of others: one may be a
// customer for whom another pays.
const enoughBorrowed = 2

// ownersOf reads all rows once, before they are checked: the first may have the
// account of the last.
func ownersOf(ctx context.Context, file *rows.File, c *catalog.Catalog) *owners {
	_, _, accounts := c.Positions()
	o := &owners{catalog: c, rows: make([]uint32, accounts)}
	lent := make([]uint32, accounts) // rows by an account that is not theirs
	n := 0
	for row := range file.Rows() {
		if n++; n%1024 == 0 && ctx.Err() != nil {
			break
		}
		claim := c.Claim(&row)
		if claim.Named >= 0 && o.rows[claim.Named] == 0 {
			o.rows[claim.Named] = uint32(row.Row)
		}
		if claim.Contradicts {
			lent[claim.Given]++
		}
	}
	for account, n := range lent {
		if o.rows[account] != 0 {
			o.borrowed += int(n)
		}
	}
	return o
}

// judge makes an error of an account that is another row's.
func (o *owners) judge(row *csvimport.Row) {
	if o == nil || o.borrowed < enoughBorrowed || row.Account == nil || !slices.ContainsFunc(row.Findings, strange) {
		return
	}
	claim := o.catalog.Claim(row)
	if !claim.Contradicts || o.rows[claim.Given] == 0 {
		return
	}
	row.Findings = slices.DeleteFunc(slices.Clone(row.Findings), strange)
	row.Found(csvimport.NewFinding(csvimport.EAccountOfOtherRow, row.At("account_id"), row.AccountID,
		fmt.Sprintf("by company name and e-mail account %s is that of row %d", catalog.AccountWords(row.Account), o.rows[claim.Given]),
		fmt.Sprintf("%d rows have the account of another row: was one column sorted without the others?", o.borrowed)).Then(csvimport.AllowContradiction))
}

// strange reports whether a finding says that an account is not as the row says.
func strange(f csvimport.Finding) bool {
	return f.Code == csvimport.WAccountContradicts || f.Code == csvimport.WAccountDiffers
}
