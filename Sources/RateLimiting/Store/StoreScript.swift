/// The script that counts all global limits of one request at once.
///
/// `KEYS` has one key a limit; `ARGV` has five numbers a limit: requests, period in milliseconds, burst (0 when there is
/// none), cost, and how many to take in advance if that many are left, the cost among them. The reply has five integers a limit:
/// allowed (1 or 0), remaining, resets in and retry after, both in milliseconds, and how many were taken. A cost of 0 takes nothing. Needs Redis 5 or later, which replicates what a script did and not the script.
package enum StoreScript {
    package static let text = """
        local t = redis.call('TIME')
        local now = t[1] * 1000000 + t[2]
        local out = {}
        for i, key in ipairs(KEYS) do
          local n, period = tonumber(ARGV[i*5-4]), tonumber(ARGV[i*5-3])
          local burst, cost, most = tonumber(ARGV[i*5-2]), tonumber(ARGV[i*5-1]), tonumber(ARGV[i*5])
          local ok, left, reset, retry, take = 0, 0, 0, 0, 0
          if burst == 0 then
            local used, ttl = tonumber(redis.call('GET', key) or '0'), redis.call('PTTL', key)
            if ttl < 0 then used = 0; ttl = period end
            if used + math.max(cost, 1) <= n then
              ok = 1
              if cost > 0 then
                take = math.min(math.max(most, cost), n - used)
                if used == 0 then redis.call('SET', key, string.format('%.0f', take), 'PX', string.format('%.0f', ttl))
                else redis.call('INCRBY', key, string.format('%.0f', take)) end
                used = used + take
              end
            else retry = ttl end
            left = math.max(0, n - used); reset = ttl
          else
            local step = period * 1000 / math.max(1, n)
            local due = math.max(now, tonumber(redis.call('GET', key) or '0'))
            local over = due + step * math.max(cost, 1) - now - step * burst
            if over <= 0 and n > 0 then
              ok = 1
              if cost > 0 then
                take = math.min(math.max(most, cost), cost + math.floor(-over / step))
                due = due + step * take
                redis.call('SET', key, string.format('%.0f', due), 'PX', string.format('%.0f', math.ceil((due - now) / 1000) + 1))
              end
            else retry = math.max(1, math.ceil(over / 1000)) end
            left = math.max(0, math.floor((step * burst - (due - now)) / step)); reset = math.ceil((due - now) / 1000)
          end
          out[#out+1] = ok; out[#out+1] = left; out[#out+1] = reset; out[#out+1] = retry; out[#out+1] = take
        end
        return out
        """
}
