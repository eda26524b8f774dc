import ControlClient
import DataPlane
import GatewayModel
import Glibc

extension RawSettings {
    /// Checks everything before anything is opened, and reports all faults at once.
    package func checked() throws(SettingsFaults) -> SupervisorSettings {
        var faults: [String] = []
        let host = Self.hostName()
        let source = self.checkedSource(&faults)
        let admin = Self.address(self.admin)
        if admin == nil {
            faults.append("--admin: '\(self.admin)' is no IP address with a port, such as 127.0.0.1:9701")
        }
        let workers = self.workers ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        if !(1...256).contains(workers) { faults.append("--workers: \(workers) is not between 1 and 256") }
        let timeout = Self.duration("--drain-timeout", self.drainTimeout, &faults)
        let delay = Self.duration("--drain-delay", self.drainDelay, &faults)
        let upgradeTimeout = Self.duration("--upgrade-timeout", self.upgradeTimeout, &faults)
        let replica = self.checkedReplica(host, &faults)
        if !["stdout", "off"].contains(self.accessLog), !self.accessLog.contains("/") {
            faults.append("--access-log: '\(self.accessLog)' is neither 'stdout', 'off' nor a path with a slash")
        }
        if let servers = self.dnsServers, !Self.areServers(servers) {
            faults.append("--dns-servers: '\(servers)' is no list of IP addresses, such as '10.0.0.10,10.0.0.11:5353'")
        }
        let limitMemory = parseSize(self.limitMemory) ?? 0
        if !(1 << 20...4 << 30).contains(limitMemory) {
            faults.append("--limit-memory: '\(self.limitMemory)' is no size from 1Mi to 4Gi")
        }
        let limitStore = self.checkedStore(&faults)
        guard faults.isEmpty, let source, let admin else { throw SettingsFaults(sentences: faults) }
        return SupervisorSettings(
            source: source, workers: workers, admin: admin, accessLog: self.accessLog,
            drainTimeoutMilliseconds: timeout, drainDelayMilliseconds: delay, replica: replica, host: host,
            environment: self.environment, program: self.program, arguments: self.arguments,
            upgradeTimeoutMilliseconds: upgradeTimeout, handover: self.handover, notifySocket: self.notifySocket,
            dnsServers: self.dnsServers, keySetAuthorityFile: self.keySetAuthorityFile,
            limitMemory: Int(limitMemory), limitStore: limitStore)
    }

    /// The flags of worker processes.
    private func checkedStore(_ faults: inout [String]) -> [String] {
        let files = [
            ("--limit-store-password-file", self.limitStorePasswordFile),
            ("--limit-store-ca-file", self.limitStoreAuthorityFile),
        ]
        guard let url = self.limitStore else {
            for case (let flag, .some) in files { faults.append("\(flag) goes with --limit-store") }
            return []
        }
        if StoreSettings(url: url) == nil {
            faults.append("--limit-store: '\(url)' is no URL such as 'redis://user@redis.example.com:6379/0'")
        }
        let timeout = Self.duration("--limit-store-timeout", self.limitStoreTimeout, &faults)
        if !(1...10_000).contains(timeout) { faults.append("--limit-store-timeout: from 1ms to 10s") }
        var flags = ["--limit-store", url, "--limit-store-timeout", self.limitStoreTimeout]
        for case (let flag, let file?) in files {
            if access(file, R_OK) != 0 { faults.append("\(flag): " + SystemError("read \(file)").message) }
            flags += [flag, file]
        }
        return flags
    }

    private func checkedSource(_ faults: inout [String]) -> SupervisorSettings.Source? {
        switch (self.control, self.config) {
        case (nil, nil): faults.append("either --control URL or --config FILE is needed")
        case (.some, .some): faults.append("--control and --config exclude each other")
        case (nil, .some(let file)):
            if access(file, R_OK) == 0 { return .file(file) }
            faults.append("--config: " + SystemError("read \(file)").message)
        case (.some(let url), nil): return self.checkedControl(url, &faults)
        }
        return nil
    }

    private func checkedControl(_ url: String, _ faults: inout [String]) -> SupervisorSettings.Source? {
        let token = self.checkedToken(&faults)
        if let file = self.authorityFile, access(file, R_OK) != 0 {
            faults.append("--ca-file: " + SystemError("read \(file)").message)
        }
        self.checkState(&faults)
        do {
            let client = try ClientSettings(
                url: url, token: token, authorityFile: self.authorityFile, userAgent: "sluice-worker")
            return self.state.map { state in
                .control(
                    client, token: TokenFile(path: self.tokenFile ?? ""), state: state,
                    adoptsIdentity: self.adoptsIdentity)
            }
        } catch {
            faults.append("--control: \(error.message)")
            return nil
        }
    }

    private func checkedToken(_ faults: inout [String]) -> String? {
        guard let tokenFile else {
            faults.append("--token-file is needed with --control")
            return nil
        }
        do {
            let token = try TokenFile(path: tokenFile).read()
            if token.isEmpty { faults.append("--token-file: \(tokenFile) is empty") }
            return token
        } catch {
            faults.append("--token-file: \(error.message)")
            return nil
        }
    }

    /// Makes the folder when it is missing; its parent must exist.
    private func checkState(_ faults: inout [String]) {
        guard let state else {
            faults.append("--state DIR is needed with --control")
            return
        }
        if mkdir(state, 0o700) != 0, errno != EEXIST {
            faults.append("--state: " + SystemError("make \(state)").message)
        } else if access(state, R_OK | W_OK | X_OK) != 0 {
            faults.append("--state: " + SystemError("write to \(state)").message)
        }
    }

    private func checkedReplica(_ host: String, _ faults: inout [String]) -> String {
        let name = self.replica ?? host
        if !ResourceKey.isName(name) {
            faults.append("--replica: '\(name)' is not up to 63 of a-z, 0-9, '-' and '.'")
        }
        return name
    }

    private static func duration(_ flag: String, _ text: String, _ faults: inout [String]) -> UInt64 {
        guard let duration = parseMilliseconds(text) else {
            faults.append("\(flag): '\(text)' is no duration, such as '250ms', '30s' or '1m30s'")
            return 0
        }
        return duration
    }

    /// IP addresses, each with a port or without, between commas.
    private static func areServers(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { server in
            let server = String(server)
            if IPAddress(server) != nil || Self.address(server) != nil { return true }
            return server.hasPrefix("[") && server.hasSuffix("]")
                && IPAddress(String(server.dropFirst().dropLast())) != nil
        }
    }

    /// `127.0.0.1:9701` or `[::1]:9701`.
    private static func address(_ text: String) -> ListenAddress? {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        let address = ListenAddress(address: String(host), port: port)
        return SocketName(address) == nil ? nil : address
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let bytes = name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
        return String(decoding: bytes, as: UTF8.self).lowercased()
    }
}
