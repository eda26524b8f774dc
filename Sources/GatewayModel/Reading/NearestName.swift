extension String {
    /// The candidate that a typing error would have made this; `nil` when none is near.
    package func nearest(in candidates: [String]) -> String? {
        guard self.utf8.count <= 64 else { return nil }
        let ranked = candidates.map { (distance: self.editDistance(to: $0), name: $0) }
        guard let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= 2 else { return nil }
        return best.name
    }

    /// Levenshtein's distance, without regard to case.
    private func editDistance(to other: String) -> Int {
        let left = Array(self.lowercased().utf8)
        let right = Array(other.lowercased().utf8)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let substituted = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = Swift.min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
