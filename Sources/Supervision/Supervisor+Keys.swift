import DataPlane
import GatewayModel
import Glibc

/// The key sets of token issuers: fetched once per replica, told to all workers.
extension Supervisor {
    /// The update that is installed may name other key sets; workers learn what is known of them before its commit.
    func planKeySets(in workers: Set<Int>, at now: Instant) {
        let wanted = self.store.installing?.keySets ?? [:]
        self.keySets = self.keySets.filter { wanted[$0.key] != nil }
        for (uri, cache) in wanted {
            if self.keySets[uri] == nil {
                self.keySets[uri] = KeySetSchedule(cache: cache, keys: self.knownKeySets[uri], at: now)
            }
            self.keySets[uri]?.cache = cache
        }
        for index in workers where self.slots[index].live?.knowsKeySets == false {
            self.slots[index].live?.knowsKeySets = true
            for uri in self.keySets.keys.sorted() { self.tellKeySet(uri, to: [index], at: now) }
        }
        self.fetchDueKeySets(at: now)
    }

    /// When the next fetch is due.
    var nextKeySetFetch: Instant? {
        self.keySets.values.lazy.filter { !$0.isUnderWay }.map(\.dueAt).min()
    }

    func fetchDueKeySets(at now: Instant) {
        guard !self.drain.isDraining || !self.keySets.isEmpty else { return }
        var room = KeySetFetcher.concurrency - self.keySets.values.count { $0.isUnderWay }
        for (uri, schedule) in self.keySets where schedule.isDue(at: now) && room > 0 {
            room -= 1
            do throws(SystemError) {
                try self.keySetFetcher.start(uri)
                self.keySets[uri]?.started()
            } catch {
                self.keySets[uri]?.failed(error.message, at: now)
                self.tellKeySet(uri, to: self.readyWorkers, at: now)
            }
        }
    }

    func takeKeySets(at now: Instant) {
        for report in self.keySetFetcher.takeReports() {
            guard let schedule = self.keySets[report.uri] else { continue }
            switch report.result {
            case .success(let body):
                let isOther = self.keySets[report.uri]?.fetched(body, at: now) ?? false
                if isOther {
                    self.log.info("a key set has changed", ["uri": .string(report.uri)])
                    self.keepKeySets()
                }
            case .failure(let failure):
                if schedule.failure != failure.reason {
                    self.log.warning(
                        "a key set could not be fetched; what is known of it stays",
                        ["uri": .string(report.uri), "reason": .string(failure.reason)])
                }
                self.keySets[report.uri]?.failed(failure.reason, at: now)
            }
            self.tellKeySet(report.uri, to: self.readyWorkers, at: now)
        }
        self.fetchDueKeySets(at: now)
    }

    /// Writes them to disk: a replica that starts again while a provider is away knows its keys.
    private func keepKeySets() {
        guard self.isInCharge, let file = self.keySetFile else { return }
        do throws(SystemError) {
            try file.write(KnownKeySets(self.keySets))
        } catch {
            self.log.error("key sets could not be written to disk", ["error": .string(error.message)])
        }
    }

    /// A worker has a token whose key it lacks.
    func keySetWanted(_ uri: String, by index: Int, at now: Instant) {
        guard self.keySets[uri]?.asked(at: now) == true else { return self.tellKeySet(uri, to: [index], at: now) }
        self.fetchDueKeySets(at: now)
    }

    /// What is known of the set; nothing is said of one that is being fetched for the first time.
    private func tellKeySet(_ uri: String, to workers: Set<Int>, at now: Instant) {
        guard let schedule = self.keySets[uri], !schedule.isUnknown else { return }
        var payload: Int32?
        defer { if let payload { close(payload) } }
        do throws(ChannelError) {
            payload = try schedule.keys.map { keys throws(ChannelError) in try SharedPayload.write(keys) }
        } catch {
            return self.log.error("a key set could not be handed over", ["error": .string("\(error)")])
        }
        let message = ChannelMessage.keySet(uri: uri, failure: schedule.failure)
        for index in workers.sorted() where self.slots[index].live?.knowsKeySets == true {
            self.send(message, descriptors: payload.map { [$0] } ?? [], to: index, at: now)
        }
    }
}
