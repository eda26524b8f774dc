import Compression
import HTTPWire
import Testing

@Suite("Streaming compressors")
struct StreamCompressorTests {
    @Test(
        "A client reads what was sent, however long the body and however small the output",
        arguments: ContentCoding.allCases, [0, 1, 2, 100, 65_536, 3_000_000])
    func roundTrip(_ coding: ContentCoding, _ count: Int) throws {
        for body in [document(count), noise(min(count, 100_000))] {
            for room in [StreamCompressor.leastRoom, 65_536] {
                let compressor = try #require(StreamCompressor(coding))
                #expect(compressor.restart(length: UInt64(body.count)))
                let output = try #require(compress([(body, .finish)], with: compressor, room: room))
                let read = try #require(decompress(output, coding))
                #expect(read.text == body)
                #expect(read.isComplete)
            }
        }
    }

    @Test("A body's pieces need not be the client's pieces", arguments: ContentCoding.allCases, [1, 7, 1000, 40_000])
    func pieces(_ coding: ContentCoding, _ size: Int) throws {
        let body = document(size == 1 ? 2000 : 200_000)
        let compressor = try #require(StreamCompressor(coding))
        var pieces: [(bytes: [UInt8], flush: StreamCompressor.Flush)] = []
        for start in stride(from: 0, to: body.count, by: size) {
            pieces.append((Array(body[start..<min(start + size, body.count)]), .none))
        }
        // The end is often told without a byte.
        pieces.append(([], .finish))
        let output = try #require(compress(pieces, with: compressor))
        let read = try #require(decompress(output, coding))
        #expect(read.text == body && read.isComplete)
        #expect(output.count < body.count / 2)
    }

    @Test(
        "After a flush a client can read all that was sent", arguments: ContentCoding.allCases, [16, 17, 23, 64, 4096])
    func flush(_ coding: ContentCoding, _ room: Int) throws {
        let compressor = try #require(StreamCompressor(coding))
        var output: [UInt8] = []
        var sent: [UInt8] = []
        for number in 0..<20 {
            let event = Array("data: {\"event\": \(number)}\n\n".utf8)
            output += try #require(compress([(event, .flush)], with: compressor, room: room))
            sent += event
            let read = try #require(decompress(output, coding, limit: 4096))
            #expect(read.text == sent)
            #expect(!read.isComplete)
        }
        output += try #require(compress([([], .finish)], with: compressor, room: room))
        let read = try #require(decompress(output, coding, limit: 4096))
        #expect(read.text == sent && read.isComplete)
    }

    @Test("A flush without anything new changes nothing for the client", arguments: ContentCoding.allCases)
    func emptyFlush(_ coding: ContentCoding) throws {
        let compressor = try #require(StreamCompressor(coding))
        let body = document(1000)
        let output = try #require(
            compress([(body, .flush), ([], .flush), ([], .flush), ([], .finish)], with: compressor))
        let read = try #require(decompress(output, coding))
        #expect(read.text == body && read.isComplete)
    }

    @Test(
        "A compressor that was left in the middle of a body begins the next one afresh",
        arguments: ContentCoding.allCases)
    func restart(_ coding: ContentCoding) throws {
        let compressor = try #require(StreamCompressor(coding))
        let first = compress([(document(50_000), .none)], with: compressor)
        #expect(first != nil)
        for _ in 0..<3 {
            #expect(compressor.restart(length: nil))
            let body = document(5000)
            let output = try #require(compress([(body, .finish)], with: compressor))
            #expect(decompress(output, coding)?.text == body)
        }
    }

    @Test("A finished body stays finished", arguments: ContentCoding.allCases)
    func finished(_ coding: ContentCoding) throws {
        let compressor = try #require(StreamCompressor(coding))
        #expect(compress([([1, 2, 3], .finish)], with: compressor) != nil)
        #expect(compress([([], .finish)], with: compressor) == [])
        #expect(compress([([4], .none)], with: compressor) == nil)
    }

    @Test("Without room it fails, and is as good as before", arguments: ContentCoding.allCases)
    func noRoom(_ coding: ContentCoding) throws {
        let compressor = try #require(StreamCompressor(coding))
        #expect(compress([([1], .none)], with: compressor, room: StreamCompressor.leastRoom - 1) == nil)
        #expect(compress([([1], .finish)], with: compressor) != nil)
    }

    @Test("Memory does not grow with the body", arguments: ContentCoding.allCases)
    func memory(_ coding: ContentCoding) throws {
        let compressor = try #require(StreamCompressor(coding))
        #expect(compressor.restart(length: 8_000_000))
        let piece = document(1_000_000)
        for _ in 0..<8 {
            #expect(compress([(piece, .none)], with: compressor, room: 65_536) != nil)
            #expect(compressor.memory < 5_000_000)
        }
    }

    @Test("Settings that cost too much are refused")
    func settings() {
        func settings(brotli: Int = 4, window: Int = 18, zstd: Int = 3, gzip: Int = 5) -> CompressionSettings? {
            CompressionSettings(
                brotliLevel: brotli, brotliWindow: window, zstdLevel: zstd, zstdWindow: 18, gzipLevel: gzip)
        }
        #expect(settings() != nil)
        #expect(settings(brotli: 11) == nil)
        #expect(settings(window: 24) == nil)
        #expect(settings(zstd: 19) == nil)
        #expect(settings(gzip: 10) == nil)
    }
}

@Suite("Pool of compressors")
struct CompressorPoolTests {
    @Test("Beyond the limit there is none until one comes back")
    func limit() throws {
        let pool = CompressorPool(limit: 2)
        let first = try #require(pool.take(.gzip, length: nil))
        let second = try #require(pool.take(.brotli, length: 100))
        #expect(pool.take(.zstd, length: nil) == nil)
        pool.giveBack(first)
        #expect(pool.take(.zstd, length: nil) != nil)
        pool.giveBack(second)
        #expect(pool.inUse == 1)
    }

    @Test("One that came back, also in the middle of a body, serves the next", arguments: ContentCoding.allCases)
    func reuse(_ coding: ContentCoding) throws {
        let pool = CompressorPool(limit: 4)
        let first = try #require(pool.take(coding, length: nil))
        #expect(compress([(document(10_000), .flush)], with: first) != nil)
        pool.giveBack(first)
        let second = try #require(pool.take(coding, length: nil))
        #expect(second === first)
        let body = document(3000)
        let output = try #require(compress([(body, .finish)], with: second))
        #expect(decompress(output, coding)?.text == body)
    }
}
