package guid_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bulkimport/csvimport/guid"
)

const (
	one = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
	two = "f6f1d2a0-2c4b-4d5e-9a3b-000000000001"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		name      string
		text      string
		lower, ok bool
	}{
		{"lower case", one, true, true},
		{"capitals", strings.ToUpper(one), false, true},
		{"one capital", "1b4e28ba-2fa1-41d2-883f-0016d3cca42A", false, true},
		{"digits alone", "00000000-0000-0000-0000-000000000000", true, true},
		{"empty", "", false, false},
		{"too short", one[1:], false, false},
		{"too long", one + "0", false, false},
		{"no hyphens", strings.ReplaceAll(one, "-", ""), false, false},
		{"hyphens elsewhere", "1b4e28b-a2fa1-41d2-883f-0016d3cca427", false, false},
		{"a plus for a hyphen", "1b4e28ba+2fa1-41d2-883f-0016d3cca427", false, false},
		{"no digit", "1b4e28bg-2fa1-41d2-883f-0016d3cca427", false, false},
		{"beyond ASCII", "1b4e28bé-2fa1-41d2-883f-0016d3cca42", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, lower, ok := guid.Parse(tt.text)
			if lower != tt.lower || ok != tt.ok {
				t.Errorf("lower %v, ok %v, want %v, %v", lower, ok, tt.lower, tt.ok)
			}
			want := guid.ID{}.String()
			if ok {
				want = strings.ToLower(tt.text)
			}
			if diff := cmp.Diff(want, id.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := guid.ID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
		got, lower, ok := guid.Parse(want.String())
		if got != want || !lower || !ok {
			t.Errorf("got %v, lower %v, ok %v, want %v", got, lower, ok, want)
		}
	})
}

func TestFind(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want []string
	}{
		{"none", "tenant contoso", nil},
		{"alone", one, []string{one}},
		{"in a link, in capitals", "https://portal.example.com/subscriptions/" + strings.ToUpper(one) + "/overview", []string{one}},
		{"two side by side", one + two, []string{one, two}},
		{"no more than two", one + " " + two + " " + one, []string{one, two}},
		{"just near enough", strings.Repeat(" ", 4095) + one, []string{one}},
		{"too far down", strings.Repeat(" ", 4096) + one, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, guid.Find(tt.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzFind shows that Find and Parse see the same ids, in whatever stands around
// them.
func FuzzFind(f *testing.F) {
	f.Add(one, "")
	f.Add("subscriptions/"+strings.ToUpper(one), two)
	f.Add(one[:35], one[35:]+two)
	f.Fuzz(func(t *testing.T, before, after string) {
		text := before + after
		var want []string
		for i := 0; i+36 <= len(text) && i < 4096 && len(want) < 2; i++ {
			if id, _, ok := guid.Parse(text[i : i+36]); ok {
				want = append(want, id.String())
				i += 35
			}
		}
		if diff := cmp.Diff(want, guid.Find(text)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// FuzzParse shows that what Parse takes is the text of the id, but for case.
func FuzzParse(f *testing.F) {
	f.Add(one)
	f.Add(strings.ToUpper(two))
	f.Add("1b4e28ba-2fa1-41d2-883f-0016d3cca42\xff")
	f.Fuzz(func(t *testing.T, text string) {
		id, lower, ok := guid.Parse(text)
		switch {
		case !ok && (lower || id != guid.ID{}):
			t.Errorf("%q: %v, lower %v, not ok", text, id, lower)
		case ok && (id.String() != strings.ToLower(text) || lower != (id.String() == text)):
			t.Errorf("%q: %v, lower %v", text, id, lower)
		}
	})
}

func TestIsHex(t *testing.T) {
	for text, want := range map[string]bool{"": true, "0123456789abcdefABCDEF": true, "12g": false, "1-2": false, "é": false} {
		if got := guid.IsHex(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
