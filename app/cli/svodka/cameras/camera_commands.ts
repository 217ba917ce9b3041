import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CommandError, EXIT, type ExitCode } from '../../command_error.js';
import { type Connection, createConnection, LostError, readJson, shownUrl } from '../../connection.js';
import { pathSegment } from '../../path_segment.js';
import { fittedTable } from '../../terminal/fitted_table.js';
import { harmless } from '../../terminal/plain_text.js';
import { unreadable } from '../../unreadable.js';
import type { Output } from '../refusal.js';
import { refusalText } from './case_refusal.js';

export type CameraCommand =
  | {
      name: 'register';
      type: string;
      latitude: number;
      longitude: number;
      description: string | undefined;
      asJson: boolean;
    }
  | { name: 'list'; type: string | undefined; asJson: boolean }
  | { name: 'token'; id: string; asJson: boolean }
  | { name: 'send'; record: string; photo: string; asJson: boolean };

type Camera = {
  id: string;
  CameraType: string;
  GPScoords: { latitude: number; longitude: number };
  description: string;
  enabled: boolean;
};
type Page = { data: Camera[]; next_cursor: string | null };
type Accepted = { case_id: string; type: string; version: number };

type Body = { type: string; bytes: Buffer };

/** A page of 1,000 cameras takes 300 KB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const PAGE_CAMERAS = 1_000;

function jsonBody(value: unknown): Body {
  return { type: 'application/json', bytes: Buffer.from(JSON.stringify(value)) };
}

async function readGiven(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (reason) {
    throw unreadable(file, reason);
  }
}

/** The form of a case. Node writes it as fetch() would. */
async function caseForm(record: string, photo: string): Promise<Body> {
  const form = new FormData();
  form.append('metadata', new Blob([Uint8Array.from(await readGiven(record))]), basename(record));
  form.append('photo', new Blob([Uint8Array.from(await readGiven(photo))]), basename(photo));
  const made = new Response(form);
  return { type: made.headers.get('Content-Type') ?? '', bytes: Buffer.from(await made.arrayBuffer()) };
}

type Asked = { method: string; path: string; body?: Body };
type Reply<Content> = { status: number; content: Content };

function createAsk(connection: Connection, url: URL, signal: AbortSignal) {
  return async <Content>({ method, path, body }: Asked): Promise<Reply<Content>> => {
    try {
      const headers = body && { 'Content-Type': body.type };
      const message = await connection.send({ method, path, ...(body && { headers, body: body.bytes }) });
      const { statusCode: status = 0 } = message;
      const content = await readJson(message, MAX_ANSWER_BYTES);
      if (status >= 200 && status < 300) return { status, content: content as Content };
      throw new CommandError(
        status >= 500 ? EXIT.unavailable : EXIT.refused,
        `Refused: ${refusalText(status, content)}`,
      );
    } catch (reason) {
      if (reason instanceof CommandError) throw reason;
      if (signal.aborted) throw new CommandError(signal.reason as ExitCode, 'Stopped.');
      const why = reason instanceof LostError ? reason.reason : String(reason);
      throw new CommandError(EXIT.unavailable, `Svodka does not answer at ${shownUrl(url)} (${why}).`);
    }
  };
}

/** Runs the command and writes the result to stdout. @throws CommandError */
export async function runCameraCommand(
  command: CameraCommand,
  { url, token }: { url: URL; token: string | undefined },
  stdout: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  if (token === undefined) {
    throw new CommandError(EXIT.usage, 'No token was found. Set SVODKA_TOKEN to that of a manager or of the camera.');
  }
  const ask = createAsk(createConnection(url, signal, token), url, signal);
  const say = (line: string) => void stdout.write(`${harmless(line)}\n`);

  async function listAll(type: string | undefined): Promise<Camera[]> {
    const cameras: Camera[] = [];
    let cursor: string | null = null;
    do {
      const query = new URLSearchParams({
        limit: String(PAGE_CAMERAS),
        ...(type && { type }),
        ...(cursor && { cursor }),
      });
      const { content }: Reply<Page> = await ask<Page>({ method: 'GET', path: `/cameras?${query}` });
      cameras.push(...content.data);
      cursor = content.next_cursor;
    } while (cursor !== null);
    return cameras;
  }

  switch (command.name) {
    case 'register': {
      const { type: CameraType, latitude, longitude, description, asJson } = command;
      const body = jsonBody({ GPScoords: { latitude, longitude }, CameraType, description });
      const { content: id } = await ask<string>({ method: 'POST', path: '/cameras/regist', body });
      say(asJson ? JSON.stringify({ id }) : id);
      break;
    }
    case 'list': {
      const cameras = await listAll(command.type);
      if (command.asJson) for (const camera of cameras) say(JSON.stringify(camera));
      else {
        const rows = cameras.map(({ id, CameraType, GPScoords, enabled, description }) => [
          id,
          CameraType,
          `${GPScoords.latitude}, ${GPScoords.longitude}`,
          enabled ? 'yes' : 'no',
          description,
        ]);
        const head = ['id', 'type', 'coordinates', 'enabled', 'description'];
        stdout.write(`${fittedTable(head, rows, stdout.columns)}\n`);
      }
      break;
    }
    case 'token': {
      const path = `/cameras/${pathSegment(command.id)}/token`;
      const { content } = await ask<{ token: string }>({ method: 'POST', path });
      say(command.asJson ? JSON.stringify(content) : content.token);
      break;
    }
    case 'send': {
      const body = await caseForm(command.record, command.photo);
      const { status, content } = await ask<Accepted>({ method: 'POST', path: '/cameras/case', body });
      const { case_id: caseId, type, version } = content;
      const what = status === 200 ? 'is there already' : 'is stored';
      say(command.asJson ? JSON.stringify(content) : `case ${caseId} ${what} (${type}, version ${version})`);
      break;
    }
  }
  return EXIT.success;
}
