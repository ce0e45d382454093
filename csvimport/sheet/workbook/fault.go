package workbook

import (
	"archive/zip"
	"errors"
	"io"

	"bulkimport/csvimport/sheet"
)

// faultError carries a fault up to where it becomes one of the table's facts.
type faultError struct{ sheet.Fault }

func (e *faultError) Error() string { return "the workbook cannot be read: " + e.Detail }

// refuse makes a fault of the whole file.
func refuse(kind sheet.Kind, detail string) *faultError {
	return &faultError{sheet.Fault{Kind: kind, Detail: detail, Column: -1}}
}

// damaged makes a fault of a file that is not whole. value names what it is about.
func damaged(detail, value string) *faultError {
	e := refuse(sheet.Damaged, detail)
	e.Value = value
	return e
}

// asFault tells what is wrong with the file from what is wrong with us: an error
// of reading our own copy stays one.
func asFault(err error) (*sheet.Fault, error) {
	var f *faultError
	if errors.As(err, &f) {
		return &f.Fault, nil
	}
	switch {
	case errors.Is(err, zip.ErrChecksum):
		f = damaged(sheet.DamageBytes, "")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, errCut):
		f = damaged(sheet.DamageCut, "")
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrAlgorithm), errors.Is(err, errContent):
		f = damaged(sheet.DamageContent, "")
	default:
		return nil, err
	}
	return &f.Fault, nil
}
