package check

import (
	"fmt"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/guid"
)

// Files knows in which of several files, checked one after the other, a
// subscription was first, and which subscriptions they have together. It takes some
// 50 bytes a row, and serves one Checker at a time, each with the same catalog.
type Files struct {
	Of    int // how many files there are: with the last one is told what all of them leave out
	names []string
	first map[guid.ID]inFile
	subs  catalog.Marks
}

// inFile is a row of a file.
type inFile struct{ file, row uint32 }

// enter takes a file in, which is known by the number it returns.
func (f *Files) enter(name string) uint32 {
	if f.first == nil {
		f.first = make(map[guid.ID]inFile)
	}
	f.names = append(f.names, name)
	return uint32(len(f.names) - 1)
}

// all adds what a file has, and returns what all of them have so far.
func (f *Files) all(subs catalog.Marks) catalog.Marks {
	if f.subs == nil {
		f.subs = slices.Clone(subs)
	}
	f.subs.Join(subs)
	return f.subs
}

// last reports whether no file comes after the one that was entered last.
func (f *Files) last() bool { return len(f.names) >= f.Of }

// see says where an earlier file has the row's subscription, and notes it if none has.
func (f *Files) see(file uint32, row *csvimport.Row) {
	if f == nil {
		return
	}
	id, _, ok := guid.Parse(row.SubID)
	if !ok {
		return
	}
	at, known := f.first[id]
	switch {
	case !known:
		f.first[id] = inFile{file, uint32(row.Row)}
	case at.file != file:
		row.Add(csvimport.WInOtherFile, "sub_id", row.SubID, fmt.Sprintf("%s has this subscription too, in row %d", f.names[at.file], at.row),
			"only one order is placed for it: keep it in one of the files")
	}
}
