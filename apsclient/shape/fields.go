package shape

import (
	"fmt"

	"bulkimport/apsclient/tree"
)

// Fields are the scalars of an order, in JSON, by their paths. An element of a list
// that says which it is, is named by that, others by their place. null is none.
func (t *Template) Fields(order []byte) (map[string]string, error) {
	root, err := tree.Parse(order)
	all := make(map[string]string)
	t.fields("", root, all)
	return all, err
}

func (t *Template) fields(path string, v tree.Node, all map[string]string) {
	if text, ok := v.Scalar(); ok {
		all[path] = text
	}
	for name, value := range v.Fields() {
		t.fields(below(path, name), value, all)
	}
	list, _ := v.List()
	for i, element := range list {
		key, word := t.keyOf(element)
		if key == "" {
			t.fields(fmt.Sprintf("%s[%d]", path, i), element, all)
			continue
		}
		for name, value := range element.Fields() {
			switch {
			case name == key:
			case element.Size() == 2:
				t.fields(path+"["+word+"]", value, all)
			default:
				t.fields(path+"["+word+"]."+name, value, all)
			}
		}
	}
}

func below(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// keyOf is the member by which an element of a list says which it is, and its word.
func (t *Template) keyOf(element tree.Node) (key, word string) {
	for _, key := range t.keys {
		field, _ := element.Field(key)
		if word, ok := field.Text(); ok {
			return key, word
		}
	}
	return "", ""
}

// Path is where a value stands, as in Fields; empty if it has no place.
func (t *Template) Path(v Value) string {
	p := t.places[v]
	if p == nil {
		return ""
	}
	path := ""
	for i, s := range p.steps {
		switch {
		case s.key != "":
			path += "[" + s.word + "]"
		case s.name == "":
			path += fmt.Sprintf("[%d]", s.index)
		case i > 0 && p.steps[i-1].key != "": // the value of a pair
		default:
			path = below(path, s.name)
		}
	}
	return path
}
