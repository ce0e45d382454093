package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

// upward finds what only cmd knows: the program, a flag, a command. What is
// between slashes is a path, and %-- begins a format directive.
var upward = regexp.MustCompile(`\b(bulkimport)\b` +
	`|(?:^|[^%-])(--[A-Za-z][a-z-]*)` +
	`|(?:^|[^/\w])(reconcile|doctor|sandbox|completion)\b` +
	"|(?:\\brun |\\bwith |[`“])(validate|download|import|status|audit|report|login)\\b")

// aims lists what a text says of the program, its flags and its commands.
func aims(text string) (words []string) {
	text = strings.TrimPrefix(text, "bulkimport-*") // a temporary file's name
	for _, groups := range upward.FindAllStringSubmatch(text, -1) {
		words = append(words, strings.Join(groups[1:], ""))
	}
	return words
}

// wordBreaches finds string literals that speak of what is above their room.
func wordBreaches(r *room) (found []breach) {
	check := func(text *ast.BasicLit) {
		value, err := strconv.Unquote(text.Value)
		client := strings.HasPrefix(r.name, "apsclient") && value == "bulkimport" // its name on the wire, no text
		if words := aims(value); err == nil && len(words) > 0 && !client {
			found = append(found, breach{where: r.at(text.Pos()), what: fmt.Sprintf("the text says “%s”, which only cmd knows", strings.Join(words, " ")),
				mend: "hand up a code with its facts, and let cmd find the words"})
		}
	}
	for _, f := range r.files {
		if f.test {
			continue
		}
		tags := map[*ast.BasicLit]bool{}
		ast.Inspect(f.File, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				tags[n.Tag] = true
			case *ast.BasicLit:
				if n.Kind == token.STRING && !tags[n] {
					check(n)
				}
			}
			return true
		})
	}
	return found
}
