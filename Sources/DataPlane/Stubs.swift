struct Gauge {
    func take(limit: Int) -> Bool { true }
    func give() {}
    func sum() -> Int { 0 }
}
final class SharedGauges { func gauge(named: String) -> Gauge? { Gauge() } }
