-- Prints what wrk saw as one line of JSON. With arguments: TARGETS (a file of "HOST PATH" lines to rotate through)
-- DELAY (milliseconds between two requests of a connection), and BODY (a file that is posted).

local requests = {}
local nextRequest = 0

function init(arguments)
    local targets = arguments[1]
    local pause = tonumber(arguments[2] or 0)
    if targets and targets ~= "" then
        for line in io.lines(targets) do
            local host, path = line:match("^(%S+) (%S+)$")
            requests[#requests + 1] = wrk.format("GET", path, {["Host"] = host})
        end
        request = function()
            nextRequest = nextRequest % #requests + 1
            return requests[nextRequest]
        end
    end
    if arguments[3] and arguments[3] ~= "" then
        local file = assert(io.open(arguments[3], "rb"))
        wrk.method, wrk.body = "POST", file:read("*a")
        file:close()
    end
    if pause > 0 then
        delay = function() return pause end
    end
end

function done(summary, latency)
    local errors = summary.errors
    print(string.format(
        'JSON {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "failed": %d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
