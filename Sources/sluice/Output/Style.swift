/// What a piece of text says by its look, where looks can be shown.
enum Style: String {
    case heading = "1"
    case good = "32"
    case bad = "31"
    case doubtful = "33"
    case faint = "2"
}
