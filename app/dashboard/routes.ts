import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from 'koa';
import { acceptedEncoding } from '../http/answers/encoding.js';
import { knownBy, withEncoding } from '../http/answers/etags.js';
import type { ServedPath } from '../http/route.js';
import { type Asset, OWN_ICON, pack, pageHtml, readAssets } from './assets.js';

/**
 * The page contacts this service alone, runs no scripts but its own files, and cannot turn text into HTML by mistake.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // Results of tasks are fetched with the token, and shown from memory.
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** One year, the longest lifetime that caches support. The URL folder changes with the content of the files. */
const FOR_EVER = 'public, max-age=31536000, immutable';

function send(ctx: Context, { type, bodies, etag }: Asset, cacheControl: string): void {
  const encoding = acceptedEncoding(ctx);
  const encodedEtag = withEncoding(`"${etag}"`, encoding);
  ctx.vary('Accept-Encoding');
  ctx.set('Cache-Control', cacheControl);
  ctx.set('ETag', encodedEtag);
  if (knownBy(ctx.req)(encodedEtag)) {
    ctx.status = 304;
    return;
  }
  if (encoding !== 'identity') ctx.set('Content-Encoding', encoding);
  ctx.type = type;
  ctx.body = bodies[encoding];
}

/**
 * Serves the page at `/` and its files from memory. Reads them immediately.
 * @throws when the page has not been built
 */
export function dashboardPaths(projectDir: string, wings: readonly string[]): ServedPath[] {
  const modulesDir = fileURLToPath(new URL('./page/', import.meta.url));
  const assets = readAssets(modulesDir, join(projectDir, 'app', 'dashboard', 'page'), wings);
  const version = createHash('sha256')
    .update(assets.map(({ name, etag }) => `${name} ${etag}\n`).join(''))
    .digest('hex')
    .slice(0, 16);
  const folder = `/page/${version}`;
  const page = pack({ name: 'page.html', text: pageHtml(folder, assets, wings) });
  const icon = assets.find(({ name }) => name === OWN_ICON) as Asset;
  return [
    {
      method: 'get',
      // Browsers ask for it on pages that name no icon: those of /docs, and what they show by themselves.
      path: '/favicon.ico',
      takesAnyQuery: true,
      handle: (ctx) => send(ctx, icon, 'no-cache'),
    },
    {
      method: 'get',
      path: '/',
      takesAnyQuery: true,
      handle(ctx) {
        ctx.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
        ctx.set('Referrer-Policy', 'no-referrer');
        send(ctx, page, 'no-cache');
      },
    },
    ...assets.map(
      (asset): ServedPath => ({
        method: 'get',
        path: `${folder}/${asset.name}`,
        // The URL folder differs between versions of the page.
        countedAs: '/page/{file}',
        takesAnyQuery: true,
        handle: (ctx) => send(ctx, asset, FOR_EVER),
      }),
    ),
  ];
}
