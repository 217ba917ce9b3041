import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { decode } from 'fast-png';
import { makeFolder, projectDir } from '../../support/folder.js';

type Told = { fraction: number; text: string };
type Task = {
  signal: AbortSignal;
  progress(fraction: number, text: string): void;
  attach(path: string, type: string): void;
};
type Render = (this: { task: Task }, args?: object) => Promise<{ bytes: number }>;
const { scene: render } = (await import(pathToFileURL(join(projectDir, 'script', 'render.mjs')).href)) as {
  scene: Render;
};

const SMALL = { width: 32, height: 18, samples: 2 };

async function renderInto(args: object, signal = new AbortController().signal) {
  process.chdir(makeFolder());
  const progress: Told[] = [];
  const attached: string[][] = [];
  const task: Task = {
    signal,
    progress: (fraction, text) => void progress.push({ fraction, text }),
    attach: (...file) => void attached.push(file),
  };
  const result = await render.call({ task }, args);
  return { result, progress, attached, png: readFileSync('render.png') };
}

describe('render.scene', () => {
  it('makes a PNG of the size that was asked for', async () => {
    const { png, result, attached } = await renderInto(SMALL);
    const { width, height, channels } = decode(png);
    assert.deepEqual([width, height, channels], [32, 18, 3]);
    assert.equal(result.bytes, png.length);
    assert.deepEqual(attached, [['render.png', 'image/png']]);
  });

  it('makes the same bytes from the same arguments, and others from others', async () => {
    const hash = async (args: object) =>
      createHash('sha256')
        .update((await renderInto(args)).png)
        .digest('hex');
    assert.equal(await hash(SMALL), await hash(SMALL));
    assert.notEqual(await hash(SMALL), await hash({ ...SMALL, samples: 1 }));
  });

  it('tells its progress row by row', async () => {
    const { progress } = await renderInto(SMALL);
    assert.equal(progress.length, 18);
    assert.deepEqual(progress.at(-1), { fraction: 1, text: 'row 18 of 18' });
  });

  it('ends when it is cancelled', async () => {
    await assert.rejects(
      renderInto({ width: 400, height: 400, samples: 16 }, AbortSignal.abort(new Error('cancelled'))),
      /cancelled/,
    );
  });

  it('shows light, shadow, mirror and sky where the scene has them', async () => {
    const scene = {
      camera: { from: [0, 1, 5], to: [0, 1, 0], fov_degrees: 60 },
      ambient: [0, 0, 0],
      sky: { horizon: [0, 0, 1], zenith: [0, 0, 1] },
      lights: [{ kind: 'point', position: [0, 10, 0], strength: 100 }],
      shapes: [
        { kind: 'plane', normal: [0, 1, 0], offset: 0, colour: [1, 1, 1] },
        { kind: 'sphere', center: [0, 1, 0], radius: 1, colour: [1, 0, 0] },
        {
          kind: 'triangle',
          points: [
            [-9, 0, -3],
            [-2, 0, -3],
            [-5, 9, -3],
          ],
          colour: [0, 0, 0],
          mirror: 1,
        },
      ],
    };
    const { png } = await renderInto({ width: 61, height: 61, samples: 1, scene });
    const { data } = decode(png);
    const at = (x: number, y: number) =>
      [...data.slice((y * 61 + x) * 3, (y * 61 + x) * 3 + 3)] as [number, number, number];
    const [red, green] = at(30, 22);
    assert.ok(red > 100 && green === 0, 'the lit top of the red sphere');
    assert.deepEqual(at(60, 0), [0, 0, 255], 'the sky');
    assert.deepEqual(at(30, 41), [0, 0, 0], 'the dark side of the sphere');
    assert.ok(at(58, 58)[0] > 50, 'the lit floor');
    assert.equal(at(8, 20)[2], 255, 'the sky in the mirror');
  });

  for (const [args, fault] of [
    [{ width: 4001 }, /width must be a whole number from 1 to 4000/],
    [{ samples: 65 }, /samples must be a whole number from 1 to 64/],
    [{ height: 0.5 }, /height/],
    [{ widht: 3 }, /no argument widht/],
    [{ scene: [] }, /scene must be an object/],
    [{ scene: { shapes: [] } }, /scene.camera is missing/],
    [
      { scene: { camera: { from: [0, 0, 0], to: [0, 0, 1] }, shapes: [{ kind: 'cube' }] } },
      /scene.shapes\[0\].kind must be one of sphere, plane, triangle/,
    ],
    [
      {
        scene: {
          camera: { from: [0, 0, 0], to: [0, 0, 1] },
          shapes: [{ kind: 'sphere', center: [0, 0, 0], radius: -1 }],
        },
      },
      /scene.shapes\[0\].radius must be a number/,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify(args)} and says why`, async () => {
      await assert.rejects(renderInto(args), fault);
    });
  }
});
