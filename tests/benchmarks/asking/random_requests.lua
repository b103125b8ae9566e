-- Sends a random one of the requests that a file lists, a line each: a path to GET, or a body to POST.
-- Prints what wrk measured as one line of JSON, which is surer to read than its report for people.
local requests = {}

function init(args)
  math.randomseed(20260101)
  for line in io.lines(args[1]) do
    if line:sub(1, 1) == "/" then
      requests[#requests + 1] = wrk.format("GET", line)
    else
      requests[#requests + 1] = wrk.format("POST", nil, { ["Content-Type"] = "application/json" }, line)
    end
  end
end

function request()
  return requests[math.random(#requests)]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"p50":%.1f,"p99":%.1f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
