extension Page {
    static let html = #"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Sluice demo</title>
        <link rel="icon" href="/demo.svg">
        <link rel="stylesheet" href="/demo.css">
        <script src="/demo.js" defer></script>
        </head>
        <body>
        <header>
          <img src="/demo.svg" alt="" width="40" height="40">
          <div>
            <h1>Sluice demo</h1>
            <p>This page comes from <b>demo-web</b>, its API from <b>demo-api</b>. The gateway makes them one origin.</p>
          </div>
        </header>
        <main>
          <section class="wide">
            <h2>One call through the gateway</h2>
            <form id="call">
              <select id="method" aria-label="Method">
                <option>GET</option><option>POST</option><option>PUT</option><option>DELETE</option>
              </select>
              <input id="target" value="/api/echo?hello=world" aria-label="Path" spellcheck="false">
              <button>Send</button>
            </form>
            <p class="presets">
              <a data-target="/api/echo?hello=world">echo</a>
              <a data-target="/api/slow?ms=400">slow</a>
              <a data-target="/api/status/503">the backend says 503</a>
              <a data-target="/api/a%2Fb">refused by the gateway</a>
            </p>
            <dl id="facts"></dl>
            <details open><summary>What the backend saw</summary><pre id="answer">–</pre></details>
          </section>
          <section>
            <h2>A change is live traffic <span id="live" class="badge">waiting</span></h2>
            <p>The page asks for <code>/hello</code> four times a second. Give it a route and watch:</p>
            <pre id="command"></pre>
            <p id="hello" class="quiet">No route leads there yet.</p>
          </section>
          <section>
            <h2>Latency <span id="quantiles" class="badge">–</span></h2>
            <p>200 calls of <code>/api/echo</code>, six at a time, as this browser sees them.</p>
            <div id="bars" aria-hidden="true"></div>
            <button id="burst">Run</button>
          </section>
          <section>
            <h2>A list behind the API</h2>
            <ul id="items"></ul>
            <form id="add"><input id="name" placeholder="Add an item" maxlength="80" required><button>Add</button></form>
          </section>
          <section>
            <h2>Calls of this page</h2>
            <table><thead><tr><th>Request</th><th>Status</th><th>ms</th><th>Request id</th></tr></thead>
            <tbody id="log"></tbody></table>
          </section>
        </main>
        </body>
        </html>

        """#

    static let svg = #"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">
        <rect width="40" height="40" rx="9" fill="#0f4c5c"/>
        <path d="M8 7v26M32 7v26" stroke="#e6f1f3" stroke-width="3" stroke-linecap="round"/>
        <rect x="11" y="8" width="18" height="11" rx="2" fill="#5fb3c3"/>
        <path d="M11 24q4.5-4 9 0t9 0M11 30q4.5-4 9 0t9 0" stroke="#9fe0ea" stroke-width="2.5" fill="none"/>
        </svg>

        """#
}
