package check

import (
	"fmt"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
)

// Files knows in which of several files, checked one after the other, a
// subscription was first. The zero value knows of none. It takes some 50 bytes a
// row, and serves one Checker at a time.
type Files struct {
	names []string
	first map[guid.ID]inFile
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

// see says where an earlier file has the row's subscription, and notes it if none has.
func (f *Files) see(file uint32, row *csvimport.Row) {
	id, _, ok := guid.Parse(row.SubID)
	if f == nil || !ok {
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
