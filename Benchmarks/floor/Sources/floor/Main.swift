import CEpoll
import Glibc

/// `floor PORT UPSTREAM-PORT`
@main
enum Main {
    static func main() {
        let ports = CommandLine.arguments.dropFirst().compactMap { UInt16($0) }
        guard ports.count == 2, var relay = Relay(port: ports[0], upstreamPort: ports[1]) else {
            print("usage: floor PORT UPSTREAM-PORT")
            exit(1)
        }
        relay.run()
    }
}
