/// The script that counts all global limits of one request at once.
///
/// `KEYS` has one key a limit; `ARGV` has four numbers a limit: requests, period in milliseconds, burst (0 when there is
/// none) and cost. The reply has four integers a limit: allowed (1 or 0), remaining, resets in and retry after, both in
/// milliseconds. A cost of 0 takes nothing. Needs Redis 5 or later, which replicates what a script did and not the script.
package enum StoreScript {
    package static let text = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local out = {}
        for i, key in ipairs(KEYS) do
          local n, period = tonumber(ARGV[i*4-3]), tonumber(ARGV[i*4-2])
          local burst, cost = tonumber(ARGV[i*4-1]), tonumber(ARGV[i*4])
          local ok, left, reset, retry = 0, 0, 0, 0
          if burst == 0 then
            local used, ttl = tonumber(redis.call('GET', key) or '0'), redis.call('PTTL', key)
            if ttl < 0 then used = 0; ttl = period end
            if used + math.max(cost, 1) <= n then
              ok = 1; used = used + cost
              if cost == 0 then
              elseif used == cost then redis.call('SET', key, string.format('%.0f', used), 'PX', string.format('%.0f', ttl))
              else redis.call('INCRBY', key, string.format('%.0f', cost)) end
            else retry = ttl end
            left = math.max(0, n - used); reset = ttl
          else
            local step = period * 1000 / math.max(1, n)
            local due = math.max(now, tonumber(redis.call('GET', key) or '0'))
            local next = due + step * cost
            local over = due + step * math.max(cost, 1) - now - step * burst
            if over <= 0 and n > 0 then
              ok = 1; due = next
              if cost > 0 then
                redis.call('SET', key, string.format('%.0f', due), 'PX', string.format('%.0f', math.ceil((due - now) / 1000) + 1))
              end
            else retry = math.max(1, math.ceil(over / 1000)) end
            left = math.max(0, math.floor((step * burst - (due - now)) / step)); reset = math.ceil((due - now) / 1000)
          end
          out[#out+1] = ok; out[#out+1] = left; out[#out+1] = reset; out[#out+1] = retry
        end
        return out
        """
}
