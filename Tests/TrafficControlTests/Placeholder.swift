import Testing

@Suite struct TrafficControlPlaceholder {}
