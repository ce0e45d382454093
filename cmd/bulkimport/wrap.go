package main

import (
	"regexp"
	"strings"
)

// leastWidth is the narrowest terminal for which lines are broken.
const leastWidth = 30

// asTyped are lines that somebody copies, which a break would spoil: commands, settings
// and JSON.
var asTyped = regexp.MustCompile(`^\s*(next: )?(bulkimport|export|make) |^\s*("[\w.-]+": |[{}\[])`)

// wrapped breaks the lines that are longer than a terminal is wide between words. They
// go on below their last column where that leaves room, else as far in as they began.
func wrapped(text string, width int) string {
	if width < leastWidth || len(text) <= width {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\n")
		rest, indent := body, 0
		for rest != "" && shownColumns(rest)+indent > width {
			whole := asTyped.MatchString(body)
			at := breakOf(rest, width-indent, whole)
			if at < 0 {
				break
			}
			b.WriteString(strings.TrimRight(rest[:at], " ") + "\n")
			if rest == body {
				if indent = hang(body[:at], width); whole {
					indent += 4
				}
			}
			b.WriteString(strings.Repeat(" ", indent))
			rest = strings.TrimLeft(rest[at:], " ")
		}
		b.WriteString(rest + line[len(body):])
	}
	return b.String()
}

// breakOf is where a line is best broken: at the last space within the width, or else at
// the first behind it; negative if it cannot be. Whole is what is broken only between
// columns.
func breakOf(line string, width int, whole bool) int {
	best := -1
	from := len(line) - len(strings.TrimLeft(line, " "))
	for i := from; i < len(line); i++ {
		if line[i] != ' ' || whole && !strings.HasPrefix(line[i:], "  ") {
			continue
		}
		if best >= 0 && shownColumns(line[:i]) > width {
			break
		}
		best = i
		for i+1 < len(line) && line[i+1] == ' ' {
			i++
		}
	}
	return best
}

// columnGap is what stands between the columns of a table.
var columnGap = regexp.MustCompile(`\S {2,}`)

// labelled begins with what it is about: error:, a file's name.
var labelled = regexp.MustCompile(`^\S+: `)

// hang is how far the lines that go on are set in.
func hang(line string, width int) int {
	gaps := columnGap.FindAllStringIndex(line, -1)
	for i := len(gaps) - 1; i >= 0; i-- {
		if at := shownColumns(line[:gaps[i][1]]); at <= width*2/3 {
			return at
		}
	}
	if own := len(line) - len(strings.TrimLeft(line, " ")); own > 0 {
		return own
	}
	if labelled.MatchString(colours.ReplaceAllString(line, "")) {
		return 2
	}
	return 0
}

// shownColumns is how many columns a line takes, colours aside.
func shownColumns(line string) int { return columns(colours.ReplaceAllString(line, "")) }

// reflowed makes one line of each paragraph, for a terminal that is narrower than the
// text was written for.
func reflowed(text string) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	for i, line := range lines {
		b.WriteString(line)
		switch {
		case i == len(lines)-1:
		case line != "" && line[0] != ' ' && lines[i+1] != "" && lines[i+1][0] != ' ':
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
		}
	}
	return b.String()
}
