package rows

import (
	"hash/maphash"
	"sort"

	"bulkimport/csvimport"
	"bulkimport/csvimport/firsts"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/sheet"
)

// seenIDs remembers the sub_id of every row, with the row on which it came
// first and a hash of its cells: 24 bytes a row.
type seenIDs struct {
	firsts.Table[guid.ID, seenID]
	lines Lines
}

type seenID struct {
	row uint32 // row in the spreadsheet; the highest bit: no valid row had it yet
	sum uint32
}

const notValidYet = 1 << 31

// sighting is an earlier row with the same id.
type sighting struct {
	line, row int
	valid     bool // some earlier row with it was valid
	same      bool // the row named has the same cells
}

// see notes that a row has an id, and returns the earlier row that had it.
func (s *seenIDs) see(p *parsed, line, row int) (sighting, bool) {
	s.lines.Note(line, row)
	now := seenID{uint32(row) &^ notValidYet, uint32(p.sum ^ p.sum>>32)}
	if !p.valid {
		now.row |= notValidYet
	}
	at, found := s.Find(p.id, p.hash)
	if !found {
		s.Add(at, p.id, p.hash, now)
		return sighting{}, false
	}
	first := int(at.First.row &^ notValidYet)
	earlier := sighting{line: s.lines.Line(first), row: first, valid: at.First.row&notValidYet == 0, same: at.First.sum == now.sum}
	if !earlier.valid && p.valid {
		at.First = now
	}
	return earlier, true
}

// Lines gives the physical line of rows: where the difference between line
// and row grows, it is noted.
type Lines []lineShift

type lineShift struct{ row, shift uint32 }

// Note notes a row; rows come in their order.
func (s *Lines) Note(line, row int) {
	if n := len(*s); n == 0 || (*s)[n-1].shift != uint32(line-row) {
		*s = append(*s, lineShift{uint32(row), uint32(line - row)})
	}
}

// Line returns the physical line of a row noted before.
func (s Lines) Line(row int) int {
	i := sort.Search(len(s), func(i int) bool { return int(s[i].row) > row }) - 1
	if i < 0 {
		return row
	}
	return row + int(s[i].shift)
}

// remains returns what can be told of a record without the shape of a row: its
// id, if it stands where it should, and that it equals no other row.
func (p *rowParser) remains(rec *sheet.Record) (out parsed) {
	i := p.header.at[colSubID]
	if i >= len(rec.Cells) {
		return out
	}
	c := cell{text: rec.Cells[i]}
	out.id = c.parseGUID()
	out.hasID, out.hash = !c.bad(), maphash.Comparable(p.seed, out.id)
	out.sum = uint64(rec.Line) | 1<<63
	return out
}

// sum hashes what has to agree for two rows to be the same.
func (p *rowParser) sum(row *csvimport.Row) uint64 {
	var space [256]byte
	all := space[:0]
	for _, s := range [...]string{row.Tenant, row.PlanID, row.Company, row.Email, row.AccountID, row.CutOff} {
		all = append(append(all, s...), 0)
	}
	return maphash.Bytes(p.seed, all)
}
