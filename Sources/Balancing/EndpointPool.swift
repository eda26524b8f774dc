/// Endpoints among which one is chosen, laid out for the algorithm: what it needs is filled, the rest is empty.
struct EndpointPool {
    var slots: [Int32] = []
    var lots = WeightedLots()
    var turns = TurnOrder()
    var table = MaglevTable()

    var isEmpty: Bool { self.slots.isEmpty }
}
