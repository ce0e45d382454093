package shape

import "fmt"

// Fields are the scalars of an order, decoded with numbers as json.Number, by their
// paths. An element of a list that says which it is, is named by that, others by
// their place. null is none.
func (t *Template) Fields(order any) map[string]string {
	all := make(map[string]string)
	t.fields("", order, all)
	return all
}

func (t *Template) fields(path string, v any, all map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			t.fields(below(path, name), value, all)
		}
	case []any:
		for i, element := range v {
			fields, _ := element.(map[string]any)
			key, word := t.keyOf(fields)
			if key == "" {
				t.fields(fmt.Sprintf("%s[%d]", path, i), element, all)
				continue
			}
			for name, value := range fields {
				switch {
				case name == key:
				case len(fields) == 2:
					t.fields(path+"["+word+"]", value, all)
				default:
					t.fields(path+"["+word+"]."+name, value, all)
				}
			}
		}
	default:
		if text, ok := scalar(v); ok {
			all[path] = text
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
func (t *Template) keyOf(element map[string]any) (key, word string) {
	for _, key := range t.keys {
		if word, ok := element[key].(string); ok {
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
