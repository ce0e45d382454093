package bookwriter

import "bytes"

// mostNotes is how many notes a sheet has: with many more, a spreadsheet takes
// minutes to open it.
const mostNotes = 2000

// note is a text that shows when one points at a cell.
type note struct {
	row, column int // from 0
	text        string
}

// notePart is the part with the texts of notes.
func notePart(notes []note) []byte {
	b := []byte(`<comments xmlns="` + mainSpace + `"><authors><author></author></authors><commentList>`)
	for _, n := range notes {
		b = append(b, `<comment ref="`...)
		b = appendReference(b, n.column, n.row+1)
		b = append(b, `" authorId="0"><text><r><rPr><sz val="9"/><rFont val="Arial"/></rPr>`...)
		b = appendText(b, fitted(n.text))
		b = append(b, `</r></text></comment>`...)
	}
	return append(b, `</commentList></comments>`...)
}

// shapePart is the part that says where the notes are shown.
func shapePart(notes []note) []byte {
	var b bytes.Buffer
	b.WriteString(`<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">` +
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>` +
		`<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>`)
	for i, n := range notes {
		lines := 2 + breadth(n.text)/32
		anchor := ""
		for _, at := range [...]int{n.column + 1, 12, max(n.row-1, 0), 8, n.column + 3, 40, max(n.row-1, 0) + lines, 8} {
			anchor += ", " + decimal(at)
		}
		b.WriteString(`<v:shape id="_x0000_s` + decimal(1025+i) + `" type="#_x0000_t202" style="position:absolute;width:180pt;height:` + decimal(13*lines) +
			`pt;visibility:hidden" fillcolor="#ffffe8" o:insetmode="auto"><v:fill color2="#ffffe8"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>` +
			`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"/></v:textbox><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>` + anchor[2:] +
			`</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>` + decimal(n.row) + `</x:Row><x:Column>` + decimal(n.column) + `</x:Column></x:ClientData></v:shape>`)
	}
	b.WriteString(`</xml>`)
	return b.Bytes()
}
