/** A location within the page. It is stored in the fragment of the URL, so that links restore it. */
export type Place = {
  /** `/imports/3/citizens`; `/` is the start. Each part of the page reads its own paths. */
  path: string;
  query: PlaceQuery;
};
export type PlaceQuery = Readonly<Record<string, string>>;

function readQuery(text: string): PlaceQuery {
  return Object.fromEntries([...new URLSearchParams(text)].filter(([, value]) => value !== ''));
}

/** `#/imports/3/citizens?town=X` -> place. */
export function parsePlace(hash: string): Place {
  const [path = '', queryText = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  return { path: path === '' ? '/' : path, query: readQuery(queryText) };
}

/** The inverse of parsePlace; parameters without a value are omitted. */
export function formatPlace({ path, query }: Place): string {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#${path}${text === '' ? '' : `?${text}`}`;
}
