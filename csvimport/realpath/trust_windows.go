package realpath

// trusted reports whether a link may be followed: making one takes a right here.
func trusted(string) bool { return true }
