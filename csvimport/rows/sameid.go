package rows

import (
	"hash/maphash"
	"sort"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/sheet"
)

// seenIDs remembers the sub_id of every row, with the row on which it came
// first and a hash of its cells: 24 bytes a row, in open addressing.
type seenIDs struct {
	seed    maphash.Seed
	slots   []seenID
	used    int
	lines   Lines
	touched uint32
}

type seenID struct {
	key guid.ID
	row uint32 // row in the spreadsheet, 0 = free; the highest bit: no valid row had it yet
	sum uint32
}

const notValidYet = 1 << 31

// newSeenIDs returns a table for so many rows; it grows if there are more. The keys'
// hashes are made with the seed.
func newSeenIDs(rows int, seed maphash.Seed) *seenIDs {
	return &seenIDs{seed: seed, slots: make([]seenID, max(64, rows+rows/7))}
}

func (s *seenIDs) grow() {
	old := s.slots
	s.slots = make([]seenID, 2*len(old))
	for i := range old {
		if old[i].row != 0 {
			slot, _ := s.find(&old[i].key, maphash.Bytes(s.seed, old[i].key[:]))
			*slot = old[i]
		}
	}
}

// at is where a key with this hash is, or behind it.
func (s *seenIDs) at(hash uint64) int { return int((hash >> 32) * uint64(len(s.slots)) >> 32) }

// touch brings the slots of rows to come closer: memory answers one question slowly,
// and several at once as quickly.
func (s *seenIDs) touch(rows []parsed) {
	for i := range rows {
		s.touched += s.slots[s.at(rows[i].hash)].row
	}
}

// find returns the slot of a key, or the free slot where it belongs.
func (s *seenIDs) find(key *guid.ID, hash uint64) (slot *seenID, found bool) {
	i := s.at(hash)
	for s.slots[i].row != 0 {
		if s.slots[i].key == *key {
			return &s.slots[i], true
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	return &s.slots[i], false
}

// sighting is an earlier row with the same id.
type sighting struct {
	line, row int
	valid     bool // some earlier row with it was valid
	same      bool // the row named has the same cells
}

// see notes that a row has an id, and returns the earlier row that had it.
func (s *seenIDs) see(p *parsed, line, row int) (sighting, bool) {
	s.lines.Note(line, row)
	now := seenID{p.id, uint32(row) &^ notValidYet, uint32(p.sum ^ p.sum>>32)}
	if !p.valid {
		now.row |= notValidYet
	}
	slot, found := s.find(&p.id, p.hash)
	if !found {
		if s.used++; s.used*16 > len(s.slots)*15 {
			s.grow()
			slot, _ = s.find(&p.id, p.hash)
		}
		*slot = now
		return sighting{}, false
	}
	first := int(slot.row &^ notValidYet)
	earlier := sighting{line: s.lines.Line(first), row: first, valid: slot.row&notValidYet == 0, same: slot.sum == now.sum}
	if !earlier.valid && p.valid {
		*slot = now
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
	out.hasID, out.hash = !c.bad(), maphash.Bytes(p.seed, out.id[:])
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
