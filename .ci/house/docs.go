package main

import (
	"fmt"
	"go/doc"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// guide leads newcomers through the house, by the names of its files.
const guide = "CONTRIBUTING.md"

// guideBreaches finds files the guide sends people to that there are not.
func guideBreaches(rooms []*room) ([]breach, error) {
	text, err := os.ReadFile(guide)
	if err != nil {
		return nil, err
	}
	var all strings.Builder
	for _, r := range rooms {
		for _, f := range r.files {
			fmt.Fprintf(&all, "/%s/%s\n", r.name, filepath.Base(r.typed.Fset.Position(f.FileStart).Filename))
		}
	}
	return missing(string(text), all.String()), nil
}

// missing finds the names of files in a text that end none of the lines of all.
func missing(text, all string) (found []breach) {
	for _, name := range regexp.MustCompile(`[\w/]*\w\.go\b`).FindAllString(text, -1) {
		if !strings.Contains(all, "/"+name+"\n") {
			found = append(found, breach{where: guide, what: "there is no file " + name, mend: "say where it is now"})
		}
	}
	return found
}

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
