import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { readSheet } from 'read-excel-file/node';
import { FORM_HEADERS, formOf } from '../../support/http/form.js';
import type { Problem } from '../../support/http/http.js';
import { startVotesWorld, VIOLATION, type VotesWorld } from '../../support/traffic/votes_world.js';
import { cell, textRow, workbookOf, workbookParts, zipOf } from '../../support/traffic/workbooks.js';

type Fault = { row: number; column: string; code: string; detail: string };
type Outcome = { added: number; updated: string[]; invalid: string[]; errors: Fault[]; errorCount?: number };
type Answer<Body> = { status: number; body: Body };

const OWNER_HEADER = ['car_number', 'phone_number', 'email', 'tg', 'vk'];
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

describe('registers over HTTP', () => {
  let world: VotesWorld;
  before(async () => {
    world = await startVotesWorld();
  });
  after(() => world.stop());

  async function upload<Body = Outcome>(
    table: string,
    bytes: Buffer | string,
    filename = 'file.xlsx',
    query = '',
  ): Promise<Answer<Body>> {
    const answer = await fetch(`${world.service.url}/managers/import/${table}/upload-file${query}`, {
      method: 'POST',
      headers: { ...FORM_HEADERS, Authorization: `Token ${world.manager.token}` },
      body: new Uint8Array(formOf([{ name: 'file', filename, bytes }])),
    });
    return { status: answer.status, body: (await answer.json()) as Body };
  }
  const owner = async (carNumber: string) => (await world.manager.get(`/car_owners/${carNumber}`)).body;

  it('take a workbook: numbers keep their digits, columns are found by name, unknown ones are named', async () => {
    const answer = await upload(
      'car_owners',
      workbookOf(
        textRow(1, ['email', 'CAR_NUMBER', 'colour', 'phone_number', 'tg', 'vk']),
        textRow(2, ['homer@example.org', ' 1ABC2377 ', 'red', '+7 (916) 123-45-67', '@homer', null]),
        `<row r="3"><c r="B3" t="inlineStr"><is><t>2ABC2377</t></is></c>${cell('D3', '7.9161234567E10')}${cell('E3', 12345)}</row>`,
        `<row r="5">${cell('B5', 777)}${cell('D5', '79161234567')}</row>`,
      ),
    );
    assert.deepEqual(answer, {
      status: 200,
      body: { added: 3, updated: [], invalid: ['colour'], errors: [] },
    });
    assert.deepEqual(await owner('1ABC2377'), {
      ...{ car_number: '1ABC2377', phone_number: '+7 (916) 123-45-67', email: 'homer@example.org' },
      ...{ tg: '@homer', vk: null },
    });
    assert.deepEqual(await owner('2ABC2377'), {
      ...{ car_number: '2ABC2377', phone_number: '79161234567', email: null, tg: '12345', vk: null },
    });
    assert.equal(((await owner('777')) as { phone_number: string }).phone_number, '79161234567');
  });

  it('update rows that are there; empty cells and absent columns keep what is stored', async () => {
    const bytes = workbookOf(
      textRow(1, ['car_number', 'phone_number', 'vk']),
      textRow(2, ['1ABC2377', '', 'id1']),
      textRow(3, ['3ABC2377', '5', null]),
    );
    const { body: dry } = await upload('car_owners', bytes, 'file.xlsx', '?dry_run=true');
    assert.deepEqual(dry, { added: 1, updated: ['1ABC2377'], invalid: [], errors: [] });
    assert.equal((await world.manager.get('/car_owners/3ABC2377')).status, 404);
    assert.deepEqual((await upload('car_owners', bytes)).body, dry);
    assert.deepEqual(await owner('1ABC2377'), {
      ...{ car_number: '1ABC2377', phone_number: '+7 (916) 123-45-67', email: 'homer@example.org' },
      ...{ tg: '@homer', vk: 'id1' },
    });
  });

  it('leave out rows with a fault, and name each by row and column', async () => {
    const { body } = await upload(
      'car_owners',
      workbookOf(
        textRow(1, OWNER_HEADER),
        textRow(3, [null, '1', null, null, null]),
        textRow(4, ['4ABC2377', 'none', 'no address', '@a', null]),
        textRow(6, ['5ABC2377', null, null, null, null]),
        textRow(7, ['5ABC2377', null, null, null, null]),
        `<row r="8">${cell('A8', 1, 'b')}</row>`,
        `<row r="9">${cell('A9', '#N/A', 'e')}</row>`,
      ),
    );
    assert.deepEqual(
      body.errors.map(({ row, column, code }) => `${row} ${column} ${code}`),
      [
        '3 car_number REQUIRED',
        '4 phone_number WRONG_FORM',
        '4 email WRONG_FORM',
        '7 car_number NOT_ALLOWED',
        '8 car_number WRONG_TYPE',
        '9 car_number WRONG_TYPE',
      ],
    );
    assert.deepEqual([body.added, body.errors.length, body.errorCount], [1, 6, undefined]);
    assert.equal((await world.manager.get('/car_owners/4ABC2377')).status, 404);
  });

  it('take CSV with commas or semicolons, with or without a byte order mark', async () => {
    for (const [text, car] of [
      ['car_number,phone_number,email\r\n6ABC2377,79161234567,"a@b.c"\r\n', '6ABC2377'],
      ['\uFEFFcar_number;phone_number;email\n7ABC2377;79161234567;a@b.c', '7ABC2377'],
    ] as const) {
      const { body } = await upload('car_owners', text, 'owners.csv');
      assert.deepEqual(body, { added: 1, updated: [], invalid: [], errors: [] }, text);
      assert.deepEqual(await owner(car), {
        ...{ car_number: car, phone_number: '79161234567', email: 'a@b.c', tg: null, vk: null },
      });
    }
  });

  it('take violations: the fine is a number, and a new one needs it', async () => {
    const { body } = await upload(
      'violations',
      `violation_type;fine\nпарковка;1500,50\nсветофор;\nремень;-5\nтоннель;много\n${VIOLATION};\n`,
      'violations.csv',
    );
    assert.deepEqual([body.added, body.updated], [1, [VIOLATION]]);
    assert.deepEqual(
      body.errors.map(({ row, column, code }) => `${row} ${column} ${code}`),
      ['3 fine REQUIRED', '4 fine OUT_OF_RANGE', '5 fine WRONG_TYPE'],
    );
    type Page = { data: { violation_type: string; fine: number }[]; next_cursor: string | null };
    const first = (await world.manager.get<Page>('/violations?limit=1')).body;
    const second = (await world.manager.get<Page>(`/violations?limit=1&cursor=${first.next_cursor}`)).body;
    assert.deepEqual(
      [...first.data, ...second.data].map(({ violation_type, fine }) => [violation_type, fine]),
      [
        ['парковка', 1500.5],
        [VIOLATION, 500],
      ],
    );
    assert.equal(second.next_cursor, null);
  });

  it('read the first sheet of the workbook list, wherever its file is', async () => {
    const sheets = {
      First: textRow(1, ['car_number']) + textRow(2, ['8ABC2377']),
      Second: textRow(1, ['car_number']) + textRow(2, ['9ABC2377']),
    };
    const { body } = await upload('car_owners', zipOf(workbookParts(sheets)), 'x.xlsx', '?dry_run=true');
    assert.deepEqual([body.added, body.updated], [1, []]);
    await upload('car_owners', zipOf(workbookParts(sheets)));
    assert.equal((await world.manager.get('/car_owners/8ABC2377')).status, 200);
  });

  const good = workbookParts({ Sheet1: textRow(1, ['car_number']) + textRow(2, ['1ABC2377']) });
  const refused: [why: string, bytes: Buffer | string, filename: string, status: number, code: string][] = [
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'a.xls', 415, 'UNSUPPORTED_FILE'],
    ['an old workbook by another name', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'a.xlsx', 415, 'UNSUPPORTED_FILE'],
    ['macros', zipOf({ ...good, 'xl/vbaProject.bin': 'x' }), 'a.xlsx', 415, 'UNSUPPORTED_FILE'],
    ['macros by name', zipOf(good), 'a.xlsm', 415, 'UNSUPPORTED_FILE'],
    ['something binary', Buffer.from([0, 1, 2, 3]), 'a.csv', 415, 'UNSUPPORTED_FILE'],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0x41]), 'a.csv', 400, 'INVALID_UTF8'],
    ['a quote that is not closed', 'car_number\n"1', 'a.csv', 400, 'MALFORMED_CSV'],
    ['another table', 'violation_type;fine\nspeeding;500\n', 'a.csv', 400, 'WRONG_TABLE'],
    ['another table as a workbook', workbookOf(textRow(1, ['fine']), textRow(2, ['1'])), 'a.xlsx', 400, 'WRONG_TABLE'],
    ['rows without a header', '1ABC2377,79161234567\n', 'a.csv', 400, 'WRONG_TABLE'],
    ['a text by the name of a workbook', 'Dear all,\nplease read.\n', 'a.xlsx', 400, 'WRONG_TABLE'],
    ['an empty first row', '\ncar_number\n1ABC2377\n', 'a.csv', 400, 'WRONG_TABLE'],
    ['nothing', '', 'a.csv', 400, 'EMPTY_BODY'],
    ['a cut archive', zipOf(good).subarray(0, -30), 'a.xlsx', 400, 'MALFORMED_WORKBOOK'],
    ['an archive that is no workbook', zipOf({ 'a.txt': 'x' }), 'a.xlsx', 400, 'MALFORMED_WORKBOOK'],
    [
      'a row that Excel does not have',
      workbookOf(textRow(1, ['car_number']), '<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'),
      'a.xlsx',
      400,
      'MALFORMED_WORKBOOK',
    ],
    ['a row in another notation', workbookOf(`<row r='1e9'></row>`), 'a.xlsx', 400, 'MALFORMED_WORKBOOK'],
    [
      'a bomb: a part that is compressed too much',
      zipOf({ ...good, 'xl/sharedStrings.xml': new Uint8Array(60 * 1024 * 1024) }),
      'a.xlsx',
      413,
      'BODY_TOO_LARGE',
    ],
  ];
  for (const [why, bytes, filename, status, code] of refused) {
    it(`refuse ${why}`, async () => {
      const answer = await upload<Problem>('car_owners', bytes, filename);
      assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body));
    });
  }

  it('refuse a header without the key, forms with other parts, other tables', async () => {
    const { body } = await upload('car_owners', 'phone_number\n1\n', 'a.csv');
    assert.deepEqual([body.added, body.errors.map(({ row, code }) => [row, code])], [0, [[1, 'REQUIRED']]]);
    const text = await upload<{ detail: string }>('car_owners', 'Dear all', 'a.xlsx');
    assert.match(
      text.body.detail,
      /no column of car_owners \(car_number, .*\)\. The file is no workbook .* Nothing was stored/,
    );
    assert.equal((await upload('users', 'a', 'a.csv')).status, 404);
    const answer = await fetch(`${world.service.url}/managers/import/car_owners/upload-file`, {
      method: 'POST',
      headers: { ...FORM_HEADERS, Authorization: `Token ${world.manager.token}` },
      body: new Uint8Array(formOf([{ name: 'table', bytes: 'a' }])),
    });
    assert.equal(answer.status, 400);
  });

  it('belong to convicted cases: owner and fine, as JSON, CSV, NDJSON and a workbook', async () => {
    const caseId = await world.addCase(1, '1ABC2377');
    await world.addCase(1, '1ABC2377');
    const before = Math.floor(Date.now() / 1_000) - 1;
    for (const name of ['lisa', 'bart', 'maggie']) {
      const specialist = await world.specialist(name);
      for (let turn = 0; turn < 2; turn++) {
        const held = await fetch(`${world.service.url}/specs/get-case`, {
          headers: { Authorization: `Token ${specialist.token}`, Accept: 'application/json' },
        });
        const { case_id } = (await held.json()) as { case_id: string };
        await specialist.send('POST', '/specs/vote', { vote: case_id === caseId ? 'convict' : 'justify' });
      }
    }
    const get = (accept: string, query = '') =>
      fetch(`${world.service.url}/cases/convicted${query}`, {
        headers: { Authorization: `Token ${world.manager.token}`, Accept: accept },
      });
    const { data } = (await (await get('application/json')).json()) as { data: Record<string, unknown>[] };
    const [row] = data;
    assert.equal(data.length, 1);
    assert.deepEqual(
      [
        row?.['case_id'],
        row?.['transport'],
        row?.['violation_type'],
        row?.['fine'],
        row?.['phone_number'],
        row?.['vk'],
      ],
      [caseId, '1ABC2377', VIOLATION, 500, '+7 (916) 123-45-67', 'id1'],
    );
    const [header, line] = (await (await get('text/csv')).text()).split('\r\n');
    assert.equal(header, Object.keys(row ?? {}).join(','));
    assert.ok(line?.startsWith(caseId));
    assert.deepEqual(JSON.parse(await (await get('application/x-ndjson')).text()), row);
    const workbook = await readSheet(Buffer.from(await (await get(XLSX)).arrayBuffer()));
    assert.deepEqual(workbook[0], Object.keys(row ?? {}));
    assert.deepEqual(workbook[1], Object.values(row ?? {}));
    const none = (await (await get('application/json', '?to=2024-01-01')).json()) as { data: unknown[] };
    assert.deepEqual(none.data, []);
    const since = new Date(before * 1_000).toISOString();
    const some = (await (await get('application/json', `?from=${since}`)).json()) as { data: unknown[] };
    assert.equal(some.data.length, 1);
    assert.equal((await get('application/json', '?from=yesterday')).status, 400);
    assert.equal((await get('application/json', '?limit=0')).status, 400);
    const whole = (await world.manager.get<{ owner: { tg: string } }>(`/cases/${caseId}`)).body;
    assert.equal(whole.owner.tg, '@homer');
  });
});
