import { isMet, type Result, round } from './measure.js';

const ROW_HEIGHT = 44;
const LEFT = 20;
const WIDTH = 820;
const BAR_WIDTH = 560;
/** The target is drawn at half of the bar's width, so that both a miss and an overshoot fit. */
const TARGET_AT = 0.5;

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

type Aimed = Result & { target: NonNullable<Result['target']> };

function row(result: Aimed, place: number): string {
  const top = 50 + place * ROW_HEIGHT;
  const { target, value } = result;
  const goal = 'atMost' in target ? target.atMost : target.atLeast;
  const length = Math.min(1, (value / goal) * TARGET_AT) * BAR_WIDTH;
  const sign = 'atMost' in target ? 'less is better' : 'more is better';
  const label = `${round(value)}, target ${goal} (${sign})`;
  const goalX = LEFT + BAR_WIDTH * TARGET_AT;
  return [
    `<text x="${LEFT}" y="${top}" font-size="12" fill="#444">${escapeXml(result.what)}</text>`,
    `<rect x="${LEFT}" y="${top + 6}" width="${length.toFixed(1)}" height="14" rx="2" fill="${isMet(result) ? '#2a9d8f' : '#e76f51'}"/>`,
    `<line x1="${goalX}" x2="${goalX}" y1="${top + 3}" y2="${top + 23}" stroke="#222" stroke-width="2"/>`,
    `<text x="${LEFT + BAR_WIDTH + 10}" y="${top + 18}" font-size="12" fill="#222">${escapeXml(label)}</text>`,
  ].join('\n');
}

/** Draws the ratios that have a target as an SVG picture: a bar for each, with the target as a vertical line. */
export function drawResults(results: readonly Result[], machine: string): string {
  const drawn = results.filter((each): each is Aimed => each.unit === 'ratio' && each.target !== undefined);
  const height = 60 + drawn.length * ROW_HEIGHT;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" role="img" aria-labelledby="title">
<title id="title">Svodka against yardsticks of the same run</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="26" font-size="15" fill="#222">Svodka against yardsticks of the same run (${escapeXml(machine)})</text>
${drawn.map(row).join('\n')}
</svg>
`;
}
