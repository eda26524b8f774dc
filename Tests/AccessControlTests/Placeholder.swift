// Placeholder until the rules' tests are merged.
