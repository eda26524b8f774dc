import Testing

@Suite struct FirewallPlaceholder {}
