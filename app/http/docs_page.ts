import { createReadStream, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Context, Middleware } from 'koa';
import { ERRORS_PAGE } from './problem.js';

const PAGE = '/docs';
const OPENAPI = '/openapi.json';
/** A Map, since names come from paths: a plain object has a `constructor` too. */
const ASSET_TYPES: ReadonlyMap<string, string> = new Map([
  ['swagger-ui.css', 'text/css; charset=utf-8'],
  ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
]);
/** The page asks this service alone; Swagger UI sets styles on its elements and draws its icons as data. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const PAGE_HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Svodka API</title>
<link rel="stylesheet" href="${PAGE}/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="${PAGE}/swagger-ui-bundle.js"></script>
<script src="${PAGE}/start.js"></script>
</body>
</html>
`;
const START_JS = `SwaggerUIBundle({ url: '${OPENAPI}', dom_id: '#page', deepLinking: true, validatorUrl: null });\n`;

/** Serves the OpenAPI document, a page that shows it, and the list of errors; all from this machine, no CDN. */
export function docsPage(openApi: object, projectDir: string): Middleware {
  const packageDir = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const document = JSON.stringify(openApi);
  const errors = readFileSync(join(projectDir, 'docs', 'errors.md'), 'utf8');

  function sendAsset(ctx: Context, name: string): boolean {
    const type = ASSET_TYPES.get(name);
    if (type === undefined) return false;
    ctx.set('Cache-Control', 'public, max-age=3600');
    ctx.type = type;
    ctx.body = createReadStream(join(packageDir, name));
    return true;
  }

  function send(ctx: Context, type: string, body: string): true {
    ctx.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    ctx.type = type;
    ctx.body = body;
    return true;
  }

  function serve(ctx: Context): boolean {
    if (ctx.path === OPENAPI) return send(ctx, 'application/json', document);
    if (ctx.path === PAGE) return send(ctx, 'text/html; charset=utf-8', PAGE_HTML);
    if (ctx.path === `${PAGE}/start.js`) return send(ctx, 'text/javascript; charset=utf-8', START_JS);
    if (ctx.path === ERRORS_PAGE) return send(ctx, 'text/markdown; charset=utf-8', errors);
    return ctx.path.startsWith(`${PAGE}/`) && sendAsset(ctx, ctx.path.slice(PAGE.length + 1));
  }

  return async (ctx, next) => {
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!isRead || !serve(ctx)) await next();
  };
}
