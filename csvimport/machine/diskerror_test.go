package machine_test

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"bulkimport/csvimport/machine"
)

func TestDiskErrors(t *testing.T) {
	for _, tc := range []struct {
		name                 string
		err                  error
		full, readOnly, pipe bool
	}{
		{"no room", syscall.ENOSPC, true, false, false},
		{"read-only", syscall.EROFS, false, true, false},
		{"nobody reads", syscall.EPIPE, false, false, true},
		{"something else", syscall.ENOENT, false, false, false},
		{"none", nil, false, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.err
			if err != nil {
				err = &fs.PathError{Op: "write", Path: "file", Err: errors.Join(err)}
			}
			if machine.DiskFull(err) != tc.full || machine.DiskReadOnly(err) != tc.readOnly || machine.NobodyReads(err) != tc.pipe {
				t.Errorf("full %v, read-only %v, nobody reads %v", machine.DiskFull(err), machine.DiskReadOnly(err), machine.NobodyReads(err))
			}
		})
	}
}
