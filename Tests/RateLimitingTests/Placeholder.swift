import Testing

@Suite struct RateLimitingPlaceholder {}
