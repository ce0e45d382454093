package main

import (
	"fmt"
	"strings"
)

// page is one man page.
type page struct {
	name, short string
	section     int
	help        help

	program, day, source string
}

// roff writes the page in the macros of man(7).
func (p page) roff(all []page) string {
	var b strings.Builder
	short := p.short
	if short == "" {
		short = strings.TrimPrefix(p.help.firstSentence(), p.name+" ")
	}
	fmt.Fprintf(&b, ".TH %s %d %s %s\n", quoted(strings.ToUpper(p.name)), p.section, quoted(p.day), quoted(p.source))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", escape(p.name), escape(short))
	if usage := p.help.part("Usage"); usage != "" {
		fmt.Fprintf(&b, ".SH SYNOPSIS\n")
		verbatim(&b, usage)
	}
	if p.section == 7 {
		_, text, _ := strings.Cut(p.help.prose, "\n")
		b.WriteString(".SH DESCRIPTION\n")
		verbatim(&b, strings.Trim(text, "\n"))
	} else {
		b.WriteString(".SH DESCRIPTION\n")
		paragraphs(&b, p.help.prose)
	}
	for _, part := range p.help.parts {
		switch title := usual(part.title); title {
		case "SYNOPSIS":
		case "EXAMPLES":
			fmt.Fprintf(&b, ".SH %s\n", title)
			verbatim(&b, part.body)
		case "":
			title, _, _ = strings.Cut(part.title, " (")
			fmt.Fprintf(&b, ".SH %s\n", escape(strings.ToUpper(title)))
			definitions(&b, part.body)
		default:
			fmt.Fprintf(&b, ".SH %s\n", title)
			definitions(&b, part.body)
		}
	}
	p.seeAlso(&b, all)
	return b.String()
}

// seeAlso points from the program to its pages, and from those to the program.
func (p page) seeAlso(b *strings.Builder, all []page) {
	var others []string
	for _, o := range all {
		if o.name != p.name && (p.name == p.program || o.name == p.program || p.section == 1 && o.section == 7) {
			others = append(others, fmt.Sprintf("\\fB%s\\fR(%d)", escape(o.name), o.section))
		}
	}
	if len(others) == 0 {
		others = []string{fmt.Sprintf("\\fB%s\\fR(1)", escape(p.program))}
	}
	fmt.Fprintf(b, ".SH SEE ALSO\n%s\n", strings.Join(others, ",\n"))
}

func (h help) part(title string) string {
	for _, p := range h.parts {
		if p.title == title {
			return p.body
		}
	}
	return ""
}

// firstSentence is the line under NAME where a list gave none.
func (h help) firstSentence() string {
	first, _, _ := strings.Cut(strings.Join(strings.Fields(h.prose), " "), ": ")
	first, _, _ = strings.Cut(first, ". ")
	return strings.TrimSuffix(first, ".")
}

// paragraphs writes prose to be filled, and keeps indented lines as they are.
func paragraphs(b *strings.Builder, prose string) {
	for block := range strings.SplitSeq(prose, "\n\n") {
		b.WriteString(".PP\n")
		if strings.HasPrefix(block, " ") || strings.Contains(block, "\n  ") {
			verbatim(b, block)
			continue
		}
		for line := range strings.Lines(block) {
			b.WriteString(escape(strings.TrimSpace(line)) + "\n")
		}
	}
}

// verbatim writes lines as they are.
func verbatim(b *strings.Builder, text string) {
	b.WriteString(".nf\n")
	for line := range strings.Lines(dedent(text)) {
		b.WriteString(escape(strings.TrimRight(line, "\n ")) + "\n")
	}
	b.WriteString(".fi\n")
}

func definitions(b *strings.Builder, body string) {
	for _, d := range items(body) {
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n%s\n", escape(d.term), escape(d.text))
	}
}

// dedent takes away two blanks from each line if all of them have two.
func dedent(text string) string {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "  ") {
			return text
		}
	}
	return strings.TrimPrefix(strings.ReplaceAll(text, "\n  ", "\n"), "  ")
}

// escape makes text harmless to roff: backslashes, hyphens that are to stay
// hyphens when copied, and lines that would be taken for macros.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, `"`, `\(dq`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}

// quoted is an argument of a macro.
func quoted(s string) string { return `"` + escape(s) + `"` }
