// render.scene: a task that ray traces a scene to a PNG. See script/README.md for its arguments.

import { writeFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { encode } from 'fast-png';
import { createCamera } from './render/camera.mjs';
import { exampleScene } from './render/example_scene.mjs';
import { createGenerator } from './render/random.mjs';
import { readScene } from './render/read_scene.mjs';
import { createTracer } from './render/trace.mjs';

const MAX_SIDE = 4_000;
const MAX_SAMPLES = 64;
/** Between two turns of the event loop, in which a cancellation is heard and progress goes out. */
const TURN_MS = 20;
const FILE = 'render.png';

function wholeNumber(name, value, fallback, max) {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new Error(`${name} must be a whole number from 1 to ${max}.`);
}

/** Linear light from 0 to 1 -> a byte of sRGB. */
function toByte(light) {
  const value = Math.min(1, Math.max(0, light));
  return Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));
}

/** The colour of one pixel: the mean of `samples` rays, one in each cell of a grid over the pixel. */
function pixel({ tracer, camera, samples }, x, y) {
  const columns = Math.ceil(Math.sqrt(samples));
  const rows = Math.ceil(samples / columns);
  const sum = [0, 0, 0];
  for (let sample = 0; sample < samples; sample++) {
    // Seeded by the place alone: the same arguments make the same bytes.
    const random = createGenerator(x, y, sample);
    const u = ((sample % columns) + random()) / columns;
    const v = (Math.floor(sample / columns) + random()) / rows;
    const colour = tracer(camera(x + u, y + v), random);
    for (let i = 0; i < 3; i++) sum[i] += colour[i];
  }
  return sum.map((light) => toByte(light / samples));
}

/**
 * Renders a scene and attaches it as `render.png`.
 * @param {{ width?: number, height?: number, samples?: number, scene?: object }} args
 * @returns {Promise<{ width: number, height: number, samples: number, bytes: number }>}
 * @throws Error that names the argument which is out of range or the member of the scene that is wrong
 */
export async function scene({ width, height, samples, scene: given, ...unknown } = {}) {
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw new Error(`There is no argument ${stranger}.`);
  const size = {
    width: wholeNumber('width', width, 640, MAX_SIDE),
    height: wholeNumber('height', height, 360, MAX_SIDE),
    samples: wholeNumber('samples', samples, 4, MAX_SAMPLES),
  };
  const world = readScene(given ?? exampleScene);
  const work = { tracer: createTracer(world), camera: createCamera(world.camera, size), samples: size.samples };
  const data = new Uint8Array(size.width * size.height * 3);
  let turnEndsAt = performance.now() + TURN_MS;
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++) {
      data.set(pixel(work, x, y), (y * size.width + x) * 3);
      if (performance.now() < turnEndsAt) continue;
      await nextTurn();
      this.task.signal.throwIfAborted();
      turnEndsAt = performance.now() + TURN_MS;
    }
    this.task.progress((y + 1) / size.height, `row ${y + 1} of ${size.height}`);
  }
  const png = encode({ width: size.width, height: size.height, data, depth: 8, channels: 3 });
  await writeFile(FILE, png);
  await this.task.attach(FILE, 'image/png');
  return { ...size, bytes: png.length };
}
