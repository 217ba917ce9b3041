import { ERRORS } from '../errors.js';
import type { NeededRoles } from '../http/access.js';
import type { DocsSection } from '../http/docs/docs_page.js';
import type { JsonSchema } from '../http/docs/json_schema.js';
import type { Method, RpcValue } from './method.js';

const DOCUMENT_PATH = '/openrpc.json';

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function jsonHtml(value: unknown, indent?: number): string {
  return escapeHtml(JSON.stringify(value, null, indent));
}

function paramHtml({ name, required = false, summary = '', schema }: RpcValue): string {
  const { default: fallback, ...rules } = schema;
  return `<tr>
<td><code>${escapeHtml(name)}</code></td><td>${required ? 'required' : 'optional'}</td>
<td><code>${jsonHtml(rules)}</code></td><td>${fallback === undefined ? '' : `<code>${jsonHtml(fallback)}</code>`}</td>
<td>${escapeHtml(summary)}</td>
</tr>`;
}

function paramsHtml(params: readonly RpcValue[]): string {
  if (params.length === 0) return '<p>No parameters.</p>';
  return `<table><thead><tr><th>parameter</th><th></th><th>schema</th><th>default</th><th></th></tr></thead>
<tbody>${params.map(paramHtml).join('\n')}</tbody></table>`;
}

function methodHtml(
  { name, summary, description = '', params, result, errors = [] }: Method<never>,
  roles: readonly string[] = [],
): string {
  const codes = errors.map((code) => `<li><code>${ERRORS[code].rpcCode}</code> ${code}: ${ERRORS[code].title}</li>`);
  return `<details id="${escapeHtml(name)}">
<summary><code>${escapeHtml(name)}</code> ${escapeHtml(summary)}</summary>
<p>${escapeHtml(description)} Needs ${roles.length === 0 ? 'a token' : `the role ${roles.join(' or ')}`}.</p>
${paramsHtml(params)}
<p>Result: ${escapeHtml(result.name)}</p>
<pre>${jsonHtml(result.schema, 2)}</pre>
${codes.length === 0 ? '' : `<ul>${codes.join('')}</ul>`}
</details>`;
}

/** The methods as a part of the page of the API, with the OpenRPC document beside it. */
export function rpcDocs(methods: readonly Method<never>[], openRpc: JsonSchema, neededRoles: NeededRoles): DocsSection {
  const html = `<section id="json-rpc">
<h2>JSON-RPC methods</h2>
<p>By POST /rpc; the same as an <a href="${DOCUMENT_PATH}">OpenRPC document</a>, which <code>rpc.discover</code> returns too.</p>
${methods.map((method) => methodHtml(method, neededRoles(method.access))).join('\n')}
</section>`;
  return { html, documents: { [DOCUMENT_PATH]: openRpc } };
}
