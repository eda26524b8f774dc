import GatewayModel
import Glibc

/// The whole text that the engine compiles for a policy.
struct RuleText {
    let text: String

    /// - Throws: when the rule set is not installed.
    init(_ policy: WAFPolicy, coreRules folder: String) throws(FirewallFault) {
        let files = try Self.files(folder)
        var text = Self.settings(policy) + Self.setup(policy)
        for file in files { text += "Include \(folder)/\(file)\n" }
        // Tells the score of what is under the threshold; a refusal tells its own.
        text += "SecRule TX:ANOMALY_SCORE \"@gt 0\" "
        text += "\"id:\(FirewallVerdict.scoreRule),phase:2,pass,t:none,log,logdata:'%{tx.anomaly_score}'\"\n"
        for rule in policy.exclude { text += "SecRuleRemoveById \(rule)\n" }
        if !policy.extraRules.isEmpty { text += policy.extraRules + "\n" }
        self.text = text
    }

    /// What the engine does with requests, and what is refused because it cannot be understood.
    private static func settings(_ policy: WAFPolicy) -> String {
        let limit = max(1, policy.requestBodyLimit)
        return """
            SecRuleEngine On
            SecRequestBodyAccess On
            SecRequestBodyLimit \(limit)
            SecRequestBodyNoFilesLimit \(limit)
            SecRequestBodyLimitAction Reject
            SecRequestBodyJsonDepthLimit 128
            SecResponseBodyAccess Off
            SecPcreMatchLimit 50000
            SecPcreMatchLimitRecursion 50000
            SecArgumentSeparator &
            SecCookieFormat 0
            SecAuditEngine Off
            SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
            SecRule REQUEST_HEADERS:Content-Type "^application/(?:[a-z0-9.-]+\\+)?json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
            SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,deny,status:400,msg:'The request body cannot be parsed',logdata:'%{reqbody_error_msg}',severity:2"
            SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:200003,phase:2,t:none,log,deny,status:400,msg:'The multipart body is not strictly valid',severity:2"
            SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:200004,phase:2,t:none,log,deny,status:400,msg:'The multipart body may have an unmatched boundary',severity:2"
            SecRule TX:/^MSC_/ "!@streq 0" "id:200005,phase:2,t:none,log,deny,status:403,msg:'A rule could not be evaluated: %{MATCHED_VAR_NAME}',severity:2"
            SecDefaultAction "phase:1,log,auditlog,pass"
            SecDefaultAction "phase:2,log,auditlog,pass"

            """
    }

    /// What the rule set leaves to those who set it up.
    private static func setup(_ policy: WAFPolicy) -> String {
        """
        SecAction "id:900990,phase:1,nolog,pass,t:none,setvar:tx.crs_setup_version=334"
        SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level=\(policy.paranoiaLevel)"
        SecAction "id:900110,phase:1,nolog,pass,t:none,setvar:tx.inbound_anomaly_score_threshold=\(policy.anomalyThreshold)"
        SecAction "id:900200,phase:1,nolog,pass,t:none,setvar:'tx.allowed_methods=GET HEAD POST OPTIONS PUT PATCH DELETE'"
        SecAction "id:900230,phase:1,nolog,pass,t:none,setvar:'tx.allowed_http_versions=HTTP/1.0 HTTP/1.1 HTTP/2 HTTP/2.0'"

        """
    }

    /// The files of the rule set that look at requests, in their order; not those that ask name servers or keep counts.
    private static func files(_ folder: String) throws(FirewallFault) -> [String] {
        guard let directory = opendir(folder) else {
            throw FirewallFault(
                .unavailable, "there is no rule set in \(folder): install the package modsecurity-crs")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix("REQUEST-9"), name.hasSuffix(".conf"), !Self.isLeftOut(name) else { continue }
            names.append(name)
        }
        guard names.contains(where: { $0.hasPrefix("REQUEST-949") }) else {
            throw FirewallFault(
                .unavailable, "the rule set in \(folder) is not whole: install the package modsecurity-crs")
        }
        return names.sorted()
    }

    private static func isLeftOut(_ name: String) -> Bool {
        ["REQUEST-900", "REQUEST-903", "REQUEST-910", "REQUEST-912"].contains { name.hasPrefix($0) }
    }

    /// The text of a file of the rule set.
    static func file(_ path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer[..<count]
            guard bytes.count <= 16 << 20 else { return nil }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
