package main

import (
	"regexp"
	"strings"
)

// help is a help text taken apart: prose, then titled parts.
type help struct {
	prose string
	parts []part
}

type part struct{ title, body string }

// item is one line of a list: a term and what it means.
type item struct {
	term, text string
	topic      bool
}

var heading = regexp.MustCompile(`^\S.*:$`)

// parse takes a help text apart. Parts begin after the prose, with "Usage:";
// a text without it is prose alone, which is what a topic is.
func parse(text string) help {
	prose, rest, ok := strings.Cut(text, "\nUsage:\n")
	h := help{prose: strings.TrimSpace(prose)}
	if !ok {
		return h
	}
	h.parts = []part{{title: "Usage"}}
	for line := range strings.Lines(rest) {
		line = strings.TrimRight(line, "\n ")
		if heading.MatchString(line) {
			h.parts = append(h.parts, part{title: strings.TrimSuffix(line, ":")})
			continue
		}
		h.parts[len(h.parts)-1].body += line + "\n"
	}
	for i := range h.parts {
		h.parts[i].body = strings.Trim(h.parts[i].body, "\n")
	}
	return h
}

// usual is the man page's heading for a part that every command has. The
// others, of the program alone, list commands and topics.
func usual(title string) string {
	switch title {
	case "Usage":
		return "SYNOPSIS"
	case "Examples":
		return "EXAMPLES"
	case "Flags":
		return "OPTIONS"
	case "Environment":
		return "ENVIRONMENT"
	case "Exit statuses":
		return "EXIT STATUS"
	}
	return ""
}

// commands lists the commands and topics a program's help names.
func (h help) commands() []item {
	var all []item
	for _, p := range h.parts {
		if usual(p.title) != "" {
			continue
		}
		for _, c := range items(p.body) {
			c.topic = strings.Contains(p.title, "TOPIC")
			all = append(all, c)
		}
	}
	return all
}

var definition = regexp.MustCompile(`^( +)(\S.*?)(?: {2,}(\S.*))?$`)

// items reads a list of terms with their meanings. A line that is indented
// further than the first term's meaning goes on with the meaning above.
func items(body string) []item {
	var list []item
	deepest := -1
	for line := range strings.Lines(body) {
		m := definition.FindStringSubmatch(strings.TrimRight(line, "\n"))
		switch {
		case m == nil:
		case len(list) > 0 && len(m[1]) > deepest:
			list[len(list)-1].text += " " + strings.TrimSpace(line)
		default:
			list = append(list, item{term: m[2], text: m[3]})
			deepest = max(deepest, len(m[1])+4)
		}
	}
	return list
}
