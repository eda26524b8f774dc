package import Routing

extension CompiledRoute {
    /// The CORS policy that answers of this route follow: its own, else its listener's, if it inherits.
    package func corsRule(listener: CORSRule?) -> CORSRule? {
        let own = self.access?._withUnsafeGuaranteedRef { ($0 as? AccessPlan)?.cors }
        return own ?? (self.inheritsFaults ? listener : nil)
    }
}
