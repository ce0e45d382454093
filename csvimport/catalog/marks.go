package catalog

// Marks has a bit for each of some positions.
type Marks []uint64

// NewMarks has room for positions from 0 to n-1.
func NewMarks(n int) Marks { return make(Marks, (n+63)/64) }

// Mark marks a position and reports whether it was not; -1 is none.
func (m Marks) Mark(pos int32) bool {
	if pos < 0 || m.marked(pos) {
		return false
	}
	m[pos/64] |= 1 << (pos % 64)
	return true
}

// Join marks what other marks, which has as many positions.
func (m Marks) Join(other Marks) {
	for i := range other {
		m[i] |= other[i]
	}
}

func (m Marks) marked(pos int32) bool { return m[pos/64]&(1<<(pos%64)) != 0 }
