package machine

// Awake asks the system not to sleep by itself until release is called or the
// process ends; why is shown to whoever asks what keeps it awake. Where that is not
// possible nothing happens. A person can put the machine to sleep all the same, by
// closing its lid for example.
func Awake(why string) (release func()) { return awake(why) }
