// Package upload keeps what people hand in: their files as they came, what was changed
// in them since beside them, and records of what is to be done with them. All of it is
// durable before the call that keeps it returns.
//
// A [View] is the rows of a checked file, to be paged and searched without holding them
// in memory.
package upload
