extension Page {
    static let javaScript = #"""
        "use strict";
        const byID = (id) => document.getElementById(id);
        const make = (tag, text, className) => {
          const node = document.createElement(tag);
          node.textContent = text;
          if (className) node.className = className;
          return node;
        };

        // One call, timed; every answer says which request it was and which backend gave it.
        async function call(method, target, body) {
          const started = performance.now();
          const options = { method, cache: "no-store" };
          if (body !== undefined) {
            options.body = JSON.stringify(body);
            options.headers = { "Content-Type": "application/json" };
          }
          const response = await fetch(target, options);
          const text = await response.text();
          const type = response.headers.get("Content-Type") || "";
          return {
            status: response.status, ok: response.ok, ms: performance.now() - started, type,
            requestID: response.headers.get("X-Request-Id") || "–",
            servedBy: response.headers.get("X-Served-By"),
            json: /json/.test(type) ? JSON.parse(text) : null, text,
          };
        }

        function log(method, target, result) {
          const row = document.createElement("tr");
          row.append(make("td", `${method} ${target}`), make("td", result.status, result.ok ? "good" : "bad"),
            make("td", result.ms.toFixed(1)), make("td", result.requestID));
          byID("log").prepend(row);
          while (byID("log").children.length > 8) byID("log").lastChild.remove();
        }

        async function logged(method, target, body) {
          const result = await call(method, target, body);
          log(method, target, result);
          return result;
        }

        function show(result) {
          const seen = (result.json && result.json.headers) || {};
          const facts = [
            ["Status", result.status], ["Time in the browser", `${result.ms.toFixed(1)} ms`],
            ["Request id", result.requestID], ["Answered by", result.servedBy || "the gateway itself"],
            ["X-Forwarded-For", seen["x-forwarded-for"]], ["X-Forwarded-Proto", seen["x-forwarded-proto"]],
            ["X-Forwarded-Host", seen["x-forwarded-host"]], ["Reason", result.json && result.json.reason],
          ];
          byID("facts").replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => {
            const entry = document.createElement("div");
            entry.append(make("dt", name), make("dd", value));
            return entry;
          }));
          byID("answer").textContent = result.json ? JSON.stringify(result.json, null, 2) : result.text || "(no body)";
        }

        async function send(event) {
          if (event) event.preventDefault();
          const method = byID("method").value;
          const body = method === "GET" || method === "DELETE" ? undefined : { from: "the demo page" };
          show(await logged(method, byID("target").value, body));
        }

        async function listItems() {
          const { json } = await logged("GET", "/api/items");
          byID("items").replaceChildren(...json.map((item) => {
            const line = make("li", "", item.done ? "done" : "");
            const box = document.createElement("input");
            box.type = "checkbox";
            box.checked = item.done;
            box.onchange = () => logged("PUT", `/api/items/${item.id}`, { done: box.checked }).then(listItems);
            const remove = make("a", "remove");
            remove.onclick = () => logged("DELETE", `/api/items/${item.id}`).then(listItems);
            line.append(box, make("span", item.name), remove);
            return line;
          }));
        }

        async function addItem(event) {
          event.preventDefault();
          await logged("POST", "/api/items", { name: byID("name").value });
          byID("name").value = "";
          await listItems();
        }

        async function burst() {
          byID("burst").disabled = true;
          const times = [];
          let left = 200;
          const lane = async () => { while (left-- > 0) times.push((await call("GET", "/api/echo")).ms); };
          await Promise.all(Array.from({ length: 6 }, lane));
          const sorted = [...times].sort((a, b) => a - b);
          const at = (share) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(1);
          const highest = sorted[sorted.length - 1];
          byID("bars").replaceChildren(...times.map((ms) => {
            const bar = document.createElement("i");
            bar.style.height = `${(100 * ms) / highest}%`;
            return bar;
          }));
          byID("quantiles").textContent = `p50 ${at(0.5)} ms · p99 ${at(0.99)} ms`;
          byID("burst").disabled = false;
        }

        async function watchHello() {
          const result = await call("GET", "/hello").catch(() => null);
          const live = Boolean(result && result.ok && result.json);
          byID("live").textContent = live ? "live" : "waiting";
          byID("live").className = live ? "badge good" : "badge";
          byID("hello").className = live ? "good" : "quiet";
          byID("hello").textContent = live ? `${result.json.message} (${result.ms.toFixed(1)} ms)`
            : "No route leads there yet.";
          setTimeout(watchHello, 250);
        }

        byID("command").textContent = "curl -X PUT localhost:9700/v1/routes/hello"
          + " -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json'"
          + " -d '{\"matches\":[{\"path\":{\"prefix\":\"/hello\"}}],\"forward\":[{\"upstream\":\"demo-api\"}]}'";
        byID("call").onsubmit = send;
        byID("add").onsubmit = addItem;
        byID("burst").onclick = burst;
        for (const link of document.querySelectorAll("[data-target]")) {
          link.onclick = () => { byID("method").value = "GET"; byID("target").value = link.dataset.target; send(); };
        }
        send().then(listItems).then(burst).then(watchHello);

        """#
}
