package typed

// Closed is what a partial is read from.
func Closed(text string) string { return closed(text) }
