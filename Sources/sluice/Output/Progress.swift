/// One line on stderr that says how a long wait goes: written over on a terminal, a line for each news elsewhere.
struct Progress {
    private var shown = ""

    mutating func show(_ text: String) {
        if Terminal.complainsToPerson {
            Terminal.rewrite(text)
        } else if text != self.shown {
            Terminal.complain(text)
        }
        self.shown = text
    }

    /// Takes the line away where that is possible.
    mutating func end() {
        if Terminal.complainsToPerson, !self.shown.isEmpty { Terminal.rewrite("") }
        self.shown = ""
    }
}
