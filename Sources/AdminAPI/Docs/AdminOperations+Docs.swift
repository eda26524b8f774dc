extension AdminOperations {
    /// The contract as a page.
    var docs: [Operation] { [] }
}
