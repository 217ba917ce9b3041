import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Encoding } from '../http/answers/encoding.js';

/** A file of the page in every encoding, with a hash that identifies its content. */
export type Asset = { name: string; type: string; bodies: Readonly<Record<Encoding, Buffer>>; etag: string };

/** An uncompressed text file. */
type Source = { name: string; text: string };

/** Packages that the page imports by bare name -> their browser build, and the name under which it is served. */
const PACKAGES: Readonly<Record<string, { file: string; name: string }>> = {
  preact: { file: 'dist/preact.mjs', name: 'package_preact.js' },
  'preact/hooks': { file: 'hooks/dist/hooks.mjs', name: 'package_preact_hooks.js' },
  htm: { file: 'dist/htm.module.js', name: 'package_htm.js' },
};
/** A self-contained build, half as long as the module; it defines the global `Chart`. */
const CHART = { file: 'dist/chart.umd.min.js', name: 'package_chart.js' };

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  html: 'text/html; charset=utf-8',
};

const MODULE = '.js';
const OWN_STYLE = 'style.css';
const OWN_ICON = 'icon.svg';
const FIRST_MODULE = 'main.js';

/**
 * Browsers cannot resolve bare names, and an import map would be an inline script, which the Content-Security-Policy
 * forbids.
 */
function withPaths({ name, text }: Source): string {
  const toTop = '../'.repeat(name.split('/').length - 1) || './';
  return text.replaceAll(/(\bfrom|\bimport)(\s*)(["'])([\w/]+)\3/g, (whole, word, blank, quote, specifier) => {
    const known = PACKAGES[specifier as string];
    return known === undefined ? whole : `${word}${blank}${quote}${toTop}${known.name}${quote}`;
  });
}

function withoutMap(text: string): string {
  return text.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n');
}

/** Compresses a file in all encodings, once at the start: all 360 KB take 70 ms, and become 130 KB as gzip. */
export function pack({ name, text }: Source): Asset {
  const body = Buffer.from(text);
  const ending = name.slice(name.lastIndexOf('.') + 1);
  return {
    name,
    type: TYPES[ending] as string,
    bodies: { identity: body, gzip: gzipSync(body), br: brotliCompressSync(body, { params: { 1: 5 } }) },
    etag: createHash('sha256').update(body).digest('base64url').slice(0, 22),
  };
}

/**
 * Reads all files of the page except the HTML. `modulesDir` has the compiled modules, `sourcesDir` the other sources.
 */
export function readAssets(modulesDir: string, sourcesDir: string): Asset[] {
  const resolver = createRequire(import.meta.url);
  // The packages keep their main file in dist/; not all export their package.json.
  const fromPackage = (packageName: string, file: string) =>
    readFileSync(join(dirname(resolver.resolve(packageName)), '..', file), 'utf8');
  const ownSources = new Set(readdirSync(sourcesDir, { recursive: true, encoding: 'utf8' }));
  const sources: Source[] = [
    ...readdirSync(modulesDir, { recursive: true, encoding: 'utf8' })
      // dist/ may still contain the output of deleted modules.
      .filter((name) => name.endsWith(MODULE) && ownSources.has(name.replace(/js$/, 'ts')))
      .sort()
      .map((name) => ({ name, text: readFileSync(join(modulesDir, name), 'utf8') })),
    ...Object.entries(PACKAGES).map(([specifier, { file, name }]) => ({
      name,
      text: fromPackage(specifier.split('/')[0] as string, file),
    })),
    { name: CHART.name, text: fromPackage('chart.js', CHART.file) },
  ].map((source) => ({ name: source.name, text: withoutMap(withPaths(source)) }));
  const others = [OWN_STYLE, OWN_ICON].map((name) => ({ name, text: readFileSync(join(sourcesDir, name), 'utf8') }));
  return [...sources, ...others].map(pack);
}

/**
 * The HTML of the page; `folder` is the URL folder of its files. All modules are preloaded, so that none waits for an
 * import to be discovered.
 */
export function pageHtml(folder: string, assets: readonly Asset[]): string {
  const modules = assets.filter(({ name }) => name.endsWith(MODULE) && name !== CHART.name);
  const preloads = modules.map(({ name }) => `<link rel="modulepreload" href="${folder}/${name}">`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Svodka</title>
<link rel="icon" href="${folder}/${OWN_ICON}" type="image/svg+xml">
<link rel="stylesheet" href="${folder}/${OWN_STYLE}">
<script src="${folder}/${CHART.name}" defer></script>
<script src="${folder}/${FIRST_MODULE}" type="module"></script>
${preloads.join('\n')}
</head>
<body>
<div id="page"><noscript>Svodka's page needs JavaScript. The API does not: see <a href="/docs">/docs</a>.</noscript></div>
</body>
</html>
`;
}
