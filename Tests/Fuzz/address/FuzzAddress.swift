/// One input for the readers of addresses, blocks and `X-Forwarded-For`: what is read is written and read the same, a block
/// holds its own ends, and the client is the peer or somebody in the field.
///
/// Public, because the fuzzer calls it from C.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let start, count > 0 else { return 0 }
    let input = UnsafeBufferPointer(start: start, count: count)
    if let address = IPBytes(input.span) {
        precondition(IPBytes(text: address.description) == address, "not read again")
        precondition(IPBytes(forwarded: input.span) == address, "the tolerant reader is stricter")
    }
    if let address = IPBytes(forwarded: input.span) {
        precondition(IPBytes(text: address.description) == address, "not read again")
    }
    if let block = CIDR(input.span) {
        for end in [block.first, block.last] {
            // The end of ::/80 is the number of an IPv4 address, and that is not in it.
            let isHeld = end.isIPv4 == block.isIPv4
            precondition(block.contains(end) == isHeld, "a block does not hold its ends")
            precondition(CIDRSet([block]).contains(end) == isHeld, "a set does not hold its block")
        }
    }
    fuzzBlocks(input)
    fuzzForwarded(input)
    return 0
}

/// The set agrees with its blocks one by one.
private func fuzzBlocks(_ input: UnsafeBufferPointer<UInt8>) {
    let blocks = input.split(separator: 0x2C).prefix(20).compactMap { CIDR(text: String(decoding: $0, as: UTF8.self)) }
    let set = CIDRSet(blocks)
    for block in blocks {
        for bits in [block.first.bits &- 1, block.first.bits, block.last.bits, block.last.bits &+ 1] {
            let address = IPBytes(ipv6: bits)
            precondition(set.contains(address) == blocks.contains { $0.contains(address) }, "the set is not its blocks")
        }
    }
}

private let peer = IPBytes(ipv4: 0x0A00_0001)
private let trusted = CIDRSet(["10.0.0.0/8", "fd00::/8"].compactMap(CIDR.init(text:)))

private func fuzzForwarded(_ input: UnsafeBufferPointer<UInt8>) {
    let entries = input.split(separator: 0x2C).map { entry in
        Array(entry.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed())
    }
    for rule in [ClientAddressRule.peer, .trustedHops(0), .trustedHops(1), .trustedHops(3), .trustedCIDRs(trusted)] {
        var walk = ForwardedWalk(peer: peer, rule: rule)
        walk.take(input.span, rule: rule)
        let isListed = entries.contains { IPBytes(forwarded: $0.span) == walk.client }
        precondition(walk.client == peer || isListed, "a client from nowhere")
    }
}
