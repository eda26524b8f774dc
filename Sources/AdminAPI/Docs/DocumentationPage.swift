/// What of the documentation is our own: a page that loads Swagger UI, and the script that starts it. No script stands in the
/// page, so that its policy can forbid such.
enum DocumentationPage {
    static let html = """
        <!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Sluice admin API</title>
            <link rel="icon" href="data:,">
            <link rel="stylesheet" href="/docs/swagger-ui.css">
          </head>
          <body>
            <div id="api">Loading the contract…</div>
            <noscript>This page needs JavaScript. The contract itself is at <a href="/v1/openapi.json">/v1/openapi.json</a>.</noscript>
            <script src="/docs/swagger-ui-bundle.js"></script>
            <script src="/docs/start.js"></script>
          </body>
        </html>

        """

    /// The contract names an address of its own; calls go to where the page came from. A token that is typed in lives as long
    /// as the page.
    static let script = """
        "use strict";
        (async () => {
          const place = document.getElementById("api");
          try {
            const contract = await (await fetch("/v1/openapi.json")).json();
            contract.servers = [{ url: window.location.origin }];
            window.ui = SwaggerUIBundle({
              spec: contract,
              domNode: place,
              deepLinking: true,
              docExpansion: "list",
              defaultModelsExpandDepth: 0,
              displayRequestDuration: true,
              filter: true,
              persistAuthorization: false,
              validatorUrl: null,
            });
          } catch (error) {
            place.textContent = `The contract cannot be shown: ${error}`;
          }
        })();

        """
}
