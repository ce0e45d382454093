package main

import (
	"fmt"
	"go/doc"
	"path"
	"strings"
)

// docBreaches finds a room that does not say in a sentence what it is. The
// comment may be in a test only where there is nothing but tests.
func docBreaches(r *room) []breach {
	var begin, first string
	for _, f := range r.files {
		if f.test && len(r.typed.GoFiles) > 0 {
			continue
		}
		begin = "Package " + f.Name.Name + " "
		if f.Name.Name == "main" {
			begin = "Command " + path.Base(r.name) + " "
		}
		if f.Doc == nil {
			continue
		}
		first = new(doc.Package).Synopsis(f.Doc.Text())
		if strings.HasPrefix(first, begin) && strings.HasSuffix(first, ".") {
			return nil
		}
	}
	return []breach{{where: r.name, what: fmt.Sprintf("its comment begins “%s”", first),
		mend: fmt.Sprintf("open it with one sentence, “%s… .”; what needs two is two rooms", begin)}}
}
