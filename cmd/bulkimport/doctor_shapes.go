package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"bulkimport/apsclient"
	"bulkimport/apsclient/shape"
	"bulkimport/csvimport"
)

// sampleSub is an Azure subscription for show.
const sampleSub = "a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01"

// showShapes shows each shape that is built in, filled with a sample row, and how it
// is known. It asks no platform.
func (o *doctor) showShapes() error {
	s, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	out, p := newEvents(o.env.out), o.env.pen(o.env.out)
	for _, named := range shape.Shapes() {
		wire := apsclient.Wire{}
		if named.Text == "" { // what the profile says of single assumptions makes it up
			if err := setWire(&wire, "", s.wire); err != nil {
				return s.badWire(err, ", without that profile,")
			}
			wire.OrderTemplate = ""
		}
		wire.OrderShape = named.Name
		form, err := wire.Shape()
		if err != nil {
			return err
		}
		body, err := form.Fill(&shape.Values{
			shape.Account: "6f1b2c3d-0000-4000-8000-00000000000a", shape.AccountNumber: "1000009", shape.Plan: "453f357f-5ba1-4a9e-9a35-0f0a1b2c3d4e",
			shape.Reference: csvimport.Reference(sampleSub, 1), shape.Tenant: "ben.onmicrosoft.com", shape.Subscription: sampleSub, shape.CutOff: "2026-01-01T00:00:00.000Z",
		})
		if err != nil {
			return err
		}
		inForce := s.sends(named.Name)
		if o.json {
			out.emit(map[string]any{"type": "shape", "name": named.Name, "note": named.Note, "known": named.Mark, "in_force": inForce, "order": json.RawMessage(body)})
			continue
		}
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, body, "  ", "  "); err != nil {
			return err
		}
		word := ""
		if inForce {
			word = ", in force"
		}
		fmt.Fprintf(o.env.out, "%s%s\n  %s\n  known: %s\n  %s\n\n", p.bold(named.Name), word, named.Note, named.Mark, pretty.String())
	}
	if o.json {
		return out.failed()
	}
	fmt.Fprintf(o.env.out, "a profile takes another one with %s below %s, or a template of its own with template_file = \"order.json\"\n", `shape = "migration"`, "[default.wire.order]")
	return nil
}

// sends reports whether a built-in shape is what orders are sent in.
func (s *settings) sends(name string) bool {
	var wire apsclient.Wire
	if setWire(&wire, "", s.wire) != nil || wire.OrderTemplate != "" {
		return false
	}
	return wire.OrderShape == name || wire.OrderShape == "" && name == shape.Shapes()[0].Name
}
