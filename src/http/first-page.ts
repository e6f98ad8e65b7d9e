/** What stands at `/` where no dashboard was built: a plain page that lists the addresses of the API. */
import type { Route } from "./route.js";
import type { Subject } from "./subject.js";

/** The page. */
export function firstPage(kind: Subject["kind"], routes: readonly Route[]): string {
  const rows = routes.map(({ method, path, summary }) => {
    const shown = method === "GET" ? `<a href="${path}">${path}</a>` : path;
    return `<tr><td>${method}</td><td>${shown}</td><td>${summary}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Hearsay: a ${kind}</title></head>
<body>
<h1>Hearsay: a ${kind}</h1>
<p>This is its admin endpoint. The dashboard is not part of this build.</p>
<table>
<thead><tr><th>Method</th><th>Path</th><th>What it is</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</body>
</html>
`;
}
