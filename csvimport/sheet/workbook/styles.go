package workbook

import (
	"strconv"

	"bulkimport/csvimport/sheet"
)

// formatsLimit is the largest number of cell formats, and of number formats, that
// is read. Excel has 64,000.
const formatsLimit = 1 << 17

// builtIn are the formats that a number alone stands for.
var builtIn = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0", 7: "#,##0.00", 8: "#,##0.00",
	9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
	15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
	37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
	48: "##0.0E+0", 49: "@", 59: "0", 60: "0.00", 61: "#,##0", 62: "#,##0.00", 67: "0%", 68: "0.00%", 69: "# ?/?", 70: "# ??/??",
}

// builtInFormat returns the format that a number stands for if the workbook does
// not define it. Those that depend on the country are dates all over the world.
func builtInFormat(id int) *format {
	if code, ok := builtIn[id]; ok {
		return parseFormat(code)
	}
	switch {
	case id == 14, id == 22, id >= 27 && id <= 36, id >= 50 && id <= 58, id >= 71 && id <= 74, id == 77, id == 81:
		return parseFormat("yyyy-mm-dd")
	case id >= 18 && id <= 21, id >= 45 && id <= 47, id >= 75 && id <= 76, id >= 78 && id <= 80:
		return parseFormat("h:mm:ss")
	}
	return general
}

// readStyles returns the number formats of the cells, by the number that a cell
// gives; none where the workbook has no styles.
func (b *book) readStyles() ([]*format, error) {
	if b.styles == "" || !b.has(b.styles) {
		return nil, nil
	}
	s, done, err := b.scan(b.styles)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := s.rootIs("styleSheet"); err != nil {
		return nil, err
	}
	codes, known := map[int]string{}, map[int]*format{}
	var ids []int
	err = s.each(func(child string) error {
		switch child {
		case "numFmts":
			return s.each(func(child string) error {
				if child != "numFmt" {
					return nil
				}
				return define(s, codes)
			})
		case "cellXfs":
			return s.each(func(child string) error {
				if child != "xf" {
					return nil
				}
				if len(ids) == formatsLimit {
					return refuse(sheet.Inflated, "")
				}
				id, _ := strconv.Atoi(string(s.raw("numFmtId")))
				ids = append(ids, id)
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.finish(); err != nil {
		return nil, err
	}
	formats := make([]*format, len(ids))
	for i, id := range ids {
		f := known[id]
		if f == nil {
			if code, ok := codes[id]; ok {
				f = parseFormat(code)
			} else {
				f = builtInFormat(id)
			}
			known[id] = f
		}
		formats[i] = f
	}
	return formats, nil
}

// define takes a number format of the workbook's own.
func define(s *scanner, codes map[int]string) error {
	if len(codes) == formatsLimit {
		return refuse(sheet.Inflated, "")
	}
	id, err := strconv.Atoi(string(s.raw("numFmtId")))
	if err != nil {
		return nil // no cell can refer to it
	}
	code, _, err := s.value("formatCode")
	codes[id] = code[:min(len(code), formatLimit+1)]
	return err
}
