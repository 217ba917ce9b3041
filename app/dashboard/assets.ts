import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Encoding } from '../http/answers/encoding.js';

/**
 * A file of the page in every encoding, with a hash that identifies its content. `part`: the part of the page that needs
 * it; files without one are needed at once.
 */
export type Asset = {
  name: string;
  type: string;
  bodies: Readonly<Record<Encoding, Buffer>>;
  etag: string;
  part: string | undefined;
};

/** An uncompressed text file. */
type Source = { name: string; text: string };

/** Packages that the page imports by bare name -> their browser build, and the name under which it is served. */
const PACKAGES: Readonly<Record<string, { file: string; name: string }>> = {
  preact: { file: 'dist/preact.mjs', name: 'package_preact.js' },
  'preact/hooks': { file: 'hooks/dist/hooks.mjs', name: 'package_preact_hooks.js' },
  htm: { file: 'dist/htm.module.js', name: 'package_htm.js' },
  // A self-contained build, half as long as the module; it defines the global `Chart`.
  'chart.js': { file: 'dist/chart.umd.min.js', name: 'package_chart.js' },
};
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  html: 'text/html; charset=utf-8',
};

const MODULE = '.js';
const STYLE = '.css';
const OWN_STYLE = 'style.css';
export const OWN_ICON = 'icon.svg';
const FIRST_MODULE = 'main.js';

/** Folders of the page that hold a part of it: the wings, and what is there whatever wings are on. */
const WING_PARTS: readonly string[] = ['census', 'work', 'traffic'];
const PARTS: readonly string[] = [...WING_PARTS, 'users'];
/** Charts, which some wings show. */
const CHARTS = ['charts/', 'package_chart.js'];
const CHARTS_PART = 'charts';
const WINGS_WITH_CHARTS: readonly string[] = ['census', 'traffic'];

/** `work/tasks/task_view.js` -> `work`; undefined for what every part needs. */
function partOf(name: string): string | undefined {
  if (CHARTS.some((chart) => name.startsWith(chart))) return CHARTS_PART;
  return PARTS.find((part) => name.startsWith(`${part}/`));
}

/**
 * Browsers cannot resolve bare names, and an import map would be an inline script, which the Content-Security-Policy
 * forbids.
 */
function withPaths({ name, text }: Source): string {
  const toTop = '../'.repeat(name.split('/').length - 1) || './';
  return text.replaceAll(/(\bfrom|\bimport)(\s*\(?)(["'])([\w./]+)\3/g, (whole, word, blank, quote, specifier) => {
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
    part: partOf(name),
  };
}

/**
 * Reads all files of the page except the HTML, but nothing of wings that are off. `modulesDir` has the compiled modules,
 * `sourcesDir` the other sources.
 */
export function readAssets(modulesDir: string, sourcesDir: string, wings: readonly string[]): Asset[] {
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
  ].map((source) => ({ name: source.name, text: withoutMap(withPaths(source)) }));
  const others = [...ownSources]
    .filter((name) => name.endsWith(STYLE) || name === OWN_ICON)
    .sort()
    .map((name) => ({ name, text: readFileSync(join(sourcesDir, name), 'utf8') }));
  const isOn = ({ name }: Source) => {
    const part = partOf(name);
    if (part === CHARTS_PART) return WINGS_WITH_CHARTS.some((wing) => wings.includes(wing));
    return part === undefined || !WING_PARTS.includes(part) || wings.includes(part);
  };
  return [...sources, ...others].filter(isOn).map(pack);
}

/** Browsers ignore a link of this kind. The page makes it one that loads when it shows the part. */
const LATER = 'later';

/**
 * The HTML of the page; `folder` is the URL folder of its files. The modules of the frame are preloaded, so that none
 * waits for an import to be discovered; the files of the parts are listed for the page to load.
 */
export function pageHtml(folder: string, assets: readonly Asset[], wings: readonly string[]): string {
  const loads = assets
    .filter(({ name }) => name.endsWith(MODULE) || (name.endsWith(STYLE) && name !== OWN_STYLE))
    .map(({ name, part }) =>
      part === undefined
        ? `<link rel="modulepreload" href="${folder}/${name}">`
        : `<link rel="${LATER}" data-part="${part}" href="${folder}/${name}">`,
    );
  return `<!doctype html>
<html lang="en" data-wings="${wings.join(' ')}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Svodka</title>
<link rel="icon" href="${folder}/${OWN_ICON}" type="image/svg+xml">
<link rel="stylesheet" href="${folder}/${OWN_STYLE}">
<script src="${folder}/${FIRST_MODULE}" type="module"></script>
${loads.join('\n')}
</head>
<body>
<div id="page"><noscript>Svodka's page needs JavaScript. The API does not: see <a href="/docs">/docs</a>.</noscript></div>
</body>
</html>
`;
}
