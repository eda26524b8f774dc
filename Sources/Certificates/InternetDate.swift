/// A moment as RFC 3339 writes it in UTC, from seconds since 1970.
package func internetDate(_ seconds: Int64) -> String {
    let day = (Double(seconds) / 86_400).rounded(.down)
    guard let days = Int64(exactly: day), (-1_000_000...100_000_000).contains(days) else { return "" }
    let time = seconds - days * 86_400
    let (year, month, date) = civilDate(days)
    return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))"
        + "T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2))Z"
}

/// The date of a day counted from 1970-01-01, in the Gregorian calendar extended to both sides.
///
/// Years begin in March here, so that the odd day of a leap year comes last; 400 of them always have 146,097 days.
private func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}

private func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
