/// One input for the readers of the rules' language: they take any text, and say nothing that is not in it.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let lines = text.utf8.count { $0 == 0x0A } + 1
    for directive in RuleDirective.read(text) {
        precondition((1...lines).contains(directive.line), "on a line that is not there")
        guard let rule = Rule(directive) else { continue }
        _ = (rule.id, rule.isChained, rule.transformations)
        precondition(rule.argument.utf8.count <= text.utf8.count * 3, "more than there is")
    }
    return 0
}
