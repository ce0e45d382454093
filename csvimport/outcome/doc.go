// Package outcome says what an order means for a row: what the row asks for, how an
// order that exists differs from that, and which status and result the row has.
//
// Everything here is told what it needs and asks nobody.
package outcome
