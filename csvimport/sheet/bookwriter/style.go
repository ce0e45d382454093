package bookwriter

import "strings"

// Style is what a cell looks like. Whatever is typed into a cell of a table stays
// text.
type Style uint8

const (
	Inherit  Style = iota // as the column
	Text                  // of a table, in one line
	Wrapped               // of a table, in as many lines as it takes
	ToFill                // somebody has to fill it in
	Good                  // it went well
	Waiting               // it goes on
	Doubtful              // somebody should look
	Bad                   // it went wrong
	Fault                 // what stands in it is to be mended
	Aside                 // of little interest
	Heading               // above a column
	Title                 // of a page
	Prose                 // of a page
	free                  // beside a table
	styles
)

// What the looks of styles are made of.
type look struct {
	font    string // size, weight and colour
	fill    string // colour, none if empty
	border  bool
	wrap    bool
	center  bool // between top and bottom
	locked  bool // where the sheet is protected
	general bool // what is typed into it is not kept as text
}

const usual = `<sz val="10"/><color rgb="FF1F2933"/>`

var looks = [styles]look{
	Inherit:  {font: usual, general: true, locked: true},
	Text:     {font: usual, border: true},
	Wrapped:  {font: usual, border: true, wrap: true},
	ToFill:   {font: usual, border: true, fill: "FFFFF4CC"},
	Good:     {font: `<sz val="10"/><color rgb="FF14532D"/>`, border: true, fill: "FFD9F2E0"},
	Waiting:  {font: `<sz val="10"/><color rgb="FF1E3A5F"/>`, border: true, fill: "FFDCE9F7"},
	Doubtful: {font: `<sz val="10"/><color rgb="FF6B4A00"/>`, border: true, fill: "FFFFE8B3"},
	Bad:      {font: `<sz val="10"/><color rgb="FF7F1D1D"/>`, border: true, fill: "FFF9D3D0"},
	Fault:    {font: `<b/><sz val="10"/><color rgb="FF7F1D1D"/>`, border: true, fill: "FFF9D3D0"},
	Aside:    {font: `<sz val="9"/><color rgb="FF6B7785"/>`, border: true},
	Heading:  {font: `<b/><sz val="10"/><color rgb="FFFFFFFF"/>`, border: true, fill: "FF2F4A66", wrap: true, center: true, locked: true},
	Title:    {center: true, font: `<b/><sz val="14"/><color rgb="FF2F4A66"/>`, locked: true},
	Prose:    {font: usual, wrap: true, locked: true},
	free:     {font: usual},
}

// textFormat is the number format of cells that hold text, whatever is typed.
const textFormat = "49"

// stylePart is the part that says what the styles look like. Fonts are such as any
// machine has.
func stylePart() string {
	var fonts, fills, cells strings.Builder
	for i, l := range looks {
		id := decimal(i)
		fonts.WriteString("<font>" + l.font + `<name val="Arial"/><family val="2"/></font>`)
		fill := "0"
		if l.fill != "" {
			fill = decimal(i + 2)
		}
		fills.WriteString(`<fill><patternFill patternType="solid"><fgColor rgb="` + l.fill + `"/><bgColor indexed="64"/></patternFill></fill>`)
		format, border, locked, vertical, wrap := textFormat, "0", "0", "top", ""
		if l.center {
			vertical = "center"
		}
		if l.general {
			format = "0"
		}
		if l.border {
			border = "1"
		}
		if l.locked {
			locked = "1"
		}
		if l.wrap {
			wrap = ` wrapText="1"`
		}
		cells.WriteString(`<xf numFmtId="` + format + `" fontId="` + id + `" fillId="` + fill + `" borderId="` + border +
			`" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1" applyProtection="1">` +
			`<alignment vertical="` + vertical + `"` + wrap + `/><protection locked="` + locked + `"/></xf>`)
	}
	n := decimal(len(looks))
	const line = `style="thin"><color rgb="FFD5DBE1"/></`
	return `<styleSheet xmlns="` + mainSpace + `"><fonts count="` + n + `">` + fonts.String() +
		`</fonts><fills count="` + decimal(len(looks)+2) + `"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		strings.ReplaceAll(fills.String(), `rgb=""`, `rgb="FFFFFFFF"`) +
		`</fills><borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border><border><left ` + line + `left><right ` + line + `right><top ` + line + `top><bottom ` + line +
		`bottom><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="` + n + `">` +
		cells.String() + `</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`
}
