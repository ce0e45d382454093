package main

import "io"

// stopImports ends imports as one Ctrl-C does.
func (s *service) stopImports(io.Writer) {}
