package tree_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/tree"
)

// whole is a node as encoding/json decodes it, with numbers as json.Number.
func whole(n tree.Node) any {
	if list, ok := n.List(); ok {
		all := make([]any, len(list))
		for i, element := range list {
			all[i] = whole(element)
		}
		return all
	}
	if n.IsObject() {
		all := make(map[string]any, n.Size())
		for name, field := range n.Fields() {
			all[name] = whole(field)
		}
		return all
	}
	if text, ok := n.Text(); ok {
		return text
	}
	switch scalar, ok := n.Scalar(); {
	case !ok:
		return nil
	case scalar == "true" || scalar == "false":
		return scalar == "true"
	default:
		return json.Number(scalar)
	}
}

func decoded(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("more than one value")
	}
	return v, nil
}

var texts = []string{
	`{"orderId":"08853d23","total":{"value":"0.00","code":"USD"},"products":[{"n":1.50,"ok":true,"no":false,"none":null}]}`,
	`[]`, `{}`, `""`, `0`, `-1.5e+10`, `true`, ` null `, `[[[[]]]]`, `{"a":{"a":{"a":1}}}`,
	`{"a":1,"a":2}`, "\"\xaf\\b\"", `{"\u0061\"":"\u00e4\n\\\/\ud83d\ude00"}`, "{\"a\":\"\xff\xfeb\"}", "{\"\xff\":1}",
	``, `{`, `[1,]`, `{"a":1} {"b":2}`, `nan`, `01`, `1.`, `+1`, `"a`, "\"a\nb\"", `"\x41"`, `{a:1}`, `{"a" 1}`, `tru`, `[1 2]`, `infinity`,
	strings.Repeat("[", 250) + strings.Repeat("]", 250),
}

// TestParse reads what encoding/json reads, as it does.
func TestParse(t *testing.T) {
	for _, text := range texts {
		same(t, []byte(text))
	}
}

func same(t *testing.T, text []byte) {
	t.Helper()
	want, failed := decoded(text)
	n, err := tree.Parse(text)
	if (err != nil) != (failed != nil) {
		t.Fatalf("%q: %v, encoding/json says %v", text, err, failed)
	}
	if err != nil && !errors.Is(err, tree.ErrNotJSON) {
		t.Fatalf("%q: %v", text, err)
	}
	if got := whole(n); !reflect.DeepEqual(got, want) { // cmp takes twice as long for each list in a list
		t.Fatalf("%q (-want +got):\n%s", text, cmp.Diff(want, got))
	}
	again, err := tree.Parse([]byte(n.String()))
	if err != nil {
		t.Fatalf("%q as %s: %v", text, n, err)
	}
	if got := whole(again); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q as %s (-want +got):\n%s", text, n, cmp.Diff(want, got))
	}
}

// TestParseDeep refuses what is too deep, however long it is.
func TestParseDeep(t *testing.T) {
	for _, n := range []int{301, 9_000, 1_000_000} {
		for _, text := range []string{strings.Repeat("[", n), strings.Repeat("[", n) + strings.Repeat("]", n), strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n)} {
			if _, err := tree.Parse([]byte(text)); !errors.Is(err, tree.ErrNotJSON) {
				t.Errorf("%.10s… of %d: %v", text, n, err)
			}
		}
	}
}

// TestNode asks for what is there, what is of another kind and what is not there.
func TestNode(t *testing.T) {
	n, err := tree.Parse([]byte(`{"text":"a","number":1.50,"flag":false,"none":null,"list":[1,"b"],"object":{"c":1},"text":"second"}`))
	if err != nil {
		t.Fatal(err)
	}
	type told struct {
		There, Null, IsText, IsScalar, IsList, IsObject bool
		Text                                            string
		Size, Len                                       int
	}
	got := make(map[string]told)
	for _, name := range []string{"text", "number", "flag", "none", "list", "object", "absent"} {
		var s told
		var field tree.Node
		field, s.There = n.Field(name)
		s.Null, s.IsObject, s.Size = field.IsNull(), field.IsObject(), field.Size()
		s.Text, s.IsScalar = field.Scalar()
		_, s.IsText = field.Text()
		var list []tree.Node
		list, s.IsList = field.List()
		s.Len = len(list)
		if _, ok := field.Field("d"); ok {
			t.Errorf("%s has a member d", name)
		}
		got[name] = s
	}
	want := map[string]told{
		"text":   {There: true, IsText: true, IsScalar: true, Text: "a"},
		"number": {There: true, IsScalar: true, Text: "1.50"},
		"flag":   {There: true, IsScalar: true, Text: "false"},
		"none":   {There: true, Null: true},
		"list":   {There: true, IsList: true, Len: 2},
		"object": {There: true, IsObject: true, Size: 1},
		"absent": {Null: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (tree.Node{}).String(); got != "null" {
		t.Errorf("the zero node is %s", got)
	}
	for range n.Fields() {
		break // what is not wanted does not come
	}
}

// FuzzParse reads whatever a platform answers as encoding/json does.
func FuzzParse(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if strings.Contains(strings.ToLower(string(text)), `\ud`) || bytes.Count(text, []byte("["))+bytes.Count(text, []byte("{")) >= 300 {
			return // half of a pair stays as it is written; what is deep is refused
		}
		same(t, text)
	})
}
