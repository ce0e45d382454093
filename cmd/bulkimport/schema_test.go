package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// schema is the part of JSON Schema (2020-12) that testdata/schema uses.
type schema struct {
	Type                 any                `json:"type"` // a name, or several
	Const                any                `json:"const"`
	Enum                 []any              `json:"enum"`
	Pattern              string             `json:"pattern"`
	MaxLength            *int               `json:"maxLength"`
	Minimum              *float64           `json:"minimum"`
	Properties           map[string]*schema `json:"properties"`
	Required             []string           `json:"required"`
	AdditionalProperties *bool              `json:"additionalProperties"`
	OneOf                []*schema          `json:"oneOf"`
	// Annotations.
	Schema      string `json:"$schema"`
	ID          string `json:"$id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func readSchema(path string) (*schema, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	s := new(schema)
	return s, d.Decode(s)
}

// check says in what v is not as the schema demands.
func (s *schema) check(path string, v any) error {
	if s.Type != nil && !s.hasType(v) {
		return fmt.Errorf("%s: %v is not of type %v", path, v, s.Type)
	}
	if s.Const != nil && !reflect.DeepEqual(s.Const, v) {
		return fmt.Errorf("%s: %v is not %v", path, v, s.Const)
	}
	if len(s.OneOf) > 0 {
		return s.checkOneOf(path, v)
	}
	if err := s.checkScalar(path, v); err != nil {
		return err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			return fmt.Errorf("%s: %s is missing", path, name)
		}
	}
	for name, value := range object {
		p, ok := s.Properties[name]
		if !ok && s.AdditionalProperties != nil && !*s.AdditionalProperties {
			return fmt.Errorf("%s: %s is not known", path, name)
		}
		if ok {
			if err := p.check(path+"."+name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *schema) checkOneOf(path string, v any) error {
	var errs []string
	for _, one := range s.OneOf {
		err := one.check(path, v)
		if err == nil {
			return nil
		}
		errs = append(errs, err.Error())
	}
	return fmt.Errorf("%s: none fits:\n\t%s", path, strings.Join(errs, "\n\t"))
}

func (s *schema) checkScalar(path string, v any) error {
	if s.Enum != nil {
		for _, one := range s.Enum {
			if reflect.DeepEqual(one, v) {
				return nil
			}
		}
		return fmt.Errorf("%s: %v is none of %v", path, v, s.Enum)
	}
	if text, ok := v.(string); ok {
		if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(text) {
			return fmt.Errorf("%s: %q does not match %s", path, text, s.Pattern)
		}
		if s.MaxLength != nil && len([]rune(text)) > *s.MaxLength {
			return fmt.Errorf("%s: %q is longer than %d", path, text, *s.MaxLength)
		}
	}
	if n, ok := v.(float64); ok && s.Minimum != nil && n < *s.Minimum {
		return fmt.Errorf("%s: %v is less than %v", path, n, *s.Minimum)
	}
	return nil
}

func (s *schema) hasType(v any) bool {
	names, ok := s.Type.([]any)
	if !ok {
		names = []any{s.Type}
	}
	for _, name := range names {
		switch v := v.(type) {
		case string:
			ok = name == "string"
		case bool:
			ok = name == "boolean"
		case float64:
			ok = name == "number" || name == "integer" && v == float64(int64(v))
		case map[string]any:
			ok = name == "object"
		case []any:
			ok = name == "array"
		default:
			ok = name == "null"
		}
		if ok {
			return true
		}
	}
	return false
}

// schemaFolder is where the schemas are, from this package's folder, in which
// tests run.
const schemaFolder = "../../testdata/schema"

// checkSchema checks every line of stdout.
func checkSchema(ts *testscript.TestScript, _ bool, args []string) {
	s, err := readSchema(filepath.Join(schemaFolder, args[0]+".json"))
	ts.Check(err)
	lines := strings.Split(strings.TrimRight(ts.ReadFile("stdout"), "\n"), "\n")
	for i, line := range lines {
		var v any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			ts.Fatalf("line %d is not JSON: %s", i+1, line)
		}
		if err := s.check("$", v); err != nil {
			ts.Fatalf("line %d: %v\n%s", i+1, err, line)
		}
	}
}
