import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Context } from 'koa';
import { Marked } from 'marked';
import { ERRORS_PAGE } from '../problem.js';
import type { ServedPath } from '../route.js';

const PAGE = '/docs';
const OPENAPI = '/openapi.json';
/** A Map, because names come from the URL and every plain object has a `constructor`. */
const ASSET_TYPES: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);
/** The page contacts this service alone; Swagger UI sets inline styles and draws its icons as data URLs. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** What the page shows below the REST API. `documents`: served as JSON, by path. */
export type DocsSection = { html: string; documents: Readonly<Record<string, object>> };

function pageHtml(sections: readonly DocsSection[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Svodka API</title>
<link rel="stylesheet" href="${PAGE}/swagger-ui.css">
<style>
section { max-width: 1420px; margin: 2rem auto; padding: 0 20px; font-family: sans-serif; line-height: 1.5; color: #3b4151; }
summary { padding: 0.4rem 0; cursor: pointer; }
table { border-collapse: collapse; }
td, th { border: 1px solid #ccc; padding: 0.2rem 0.5rem; text-align: left; vertical-align: top; }
pre { overflow-x: auto; background: #f6f6f6; padding: 0.5rem; }
</style>
</head>
<body>
<div id="page"></div>
${sections.map(({ html }) => html).join('\n')}
<script src="${PAGE}/swagger-ui-bundle.js"></script>
<script src="${PAGE}/start.js"></script>
</body>
</html>
`;
}

const START_JS = `SwaggerUIBundle({ url: '${OPENAPI}', dom_id: '#page', deepLinking: true, validatorUrl: null });\n`;

/** Renders docs/errors.md; each heading is an anchor, since the type of a problem ends in its code in lower case. */
function errorsHtml(projectDir: string): string {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = text.toLowerCase().replaceAll(' ', '-');
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Svodka: errors</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
body { max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
pre { overflow-x: auto; }
table { border-collapse: collapse; }
td, th { border: 1px solid gray; padding: 0.2rem 0.5rem; text-align: left; }
:target { background: #fd08; }
</style>
</head>
<body>
${marked.parse(readFileSync(join(projectDir, 'docs', 'errors.md'), 'utf8'))}</body>
</html>
`;
}

/** Serves the OpenAPI document, a page that shows it, and the list of errors, all without a CDN. */
export function docsPaths(openApi: object, projectDir: string, sections: readonly DocsSection[] = []): ServedPath[] {
  const packageDir = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

  function text(path: string, type: string, body: string): ServedPath {
    const isPage = type.startsWith('text/html');
    return {
      method: 'get',
      path,
      // Pages name their files by whole paths; people and proxies add slashes.
      ...(isPage && { slash: 'either' }),
      takesAnyQuery: !path.endsWith('.json'),
      handle(ctx: Context) {
        ctx.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
        ctx.type = type;
        ctx.body = body;
      },
    };
  }

  // Served from memory, 1.7 MB: a file opened for a response would stay open while that response waits behind others.
  function asset([name, type]: [name: string, type: string]): ServedPath {
    const body = readFileSync(join(packageDir, name));
    return {
      method: 'get',
      path: `${PAGE}/${name}`,
      takesAnyQuery: true,
      handle(ctx: Context) {
        ctx.set('Cache-Control', 'public, max-age=3600');
        ctx.type = type;
        ctx.body = body;
      },
    };
  }

  return [
    ...Object.entries({ [OPENAPI]: openApi, ...Object.assign({}, ...sections.map(({ documents }) => documents)) }).map(
      ([path, document]) => text(path, 'application/json', JSON.stringify(document)),
    ),
    text(PAGE, 'text/html; charset=utf-8', pageHtml(sections)),
    text(`${PAGE}/start.js`, 'text/javascript; charset=utf-8', START_JS),
    text(ERRORS_PAGE, 'text/html; charset=utf-8', errorsHtml(projectDir)),
    ...[...ASSET_TYPES].map(asset),
  ];
}
