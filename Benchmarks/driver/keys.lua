-- wrk: requests with a key each, the first keys far more often than the last (Zipf).
local total = 0
local weights = {}

function init(arguments)
  local keys = tonumber(arguments[1])
  for key = 1, keys do
    total = total + 1 / key
    weights[key] = total
  end
  math.randomseed(tonumber(arguments[2]))
end

function request()
  local drawn = math.random() * total
  local key = 1
  while weights[key] < drawn do key = key + 1 end
  wrk.headers["x-key"] = "k" .. key
  return wrk.format()
end
