/** Checks a scene and fills in what it leaves out. Every fault names its place: "scene.shapes[2].radius". */

const MAX_SHAPES = 200;
const MAX_LIGHTS = 16;
/** Far enough for any picture, and squares of it are still exact enough. */
const MAX_COORDINATE = 1e6;

function fail(place, rule) {
  throw new Error(`${place} must be ${rule}.`);
}

function number(value, place, min, max) {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return fail(place, `a number from ${min} to ${max}`);
}

function list(value, place, { min = 0, max }, read) {
  if (!Array.isArray(value) || value.length < min || value.length > max) {
    fail(place, min === max ? `a list of ${max}` : `a list of ${min} to ${max}`);
  }
  return value.map((each, i) => read(each, `${place}[${i}]`));
}

const THREE = { min: 3, max: 3 };
const vector = (value, place) =>
  list(value, place, THREE, (each, at) => number(each, at, -MAX_COORDINATE, MAX_COORDINATE));
const colour = (value, place) => list(value, place, THREE, (each, at) => number(each, at, 0, 1));

function direction(value, place) {
  const given = vector(value, place);
  const size = Math.hypot(...given);
  if (size < 1e-9) fail(place, 'longer than nothing');
  return given.map((each) => each / size);
}

/** Reads an object by its readers: `{ member: [read, fallback] }`; a member without a fallback must be there. */
function members(value, place, readers) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(place, 'an object');
  for (const name of Object.keys(value)) if (!(name in readers)) throw new Error(`${place} has no member ${name}.`);
  const found = {};
  for (const [name, [read, ...fallback]] of Object.entries(readers)) {
    if (value[name] !== undefined) found[name] = read(value[name], `${place}.${name}`);
    else if (fallback.length > 0) found[name] = fallback[0];
    else throw new Error(`${place}.${name} is missing.`);
  }
  return found;
}

/** Of shapes and lights, whose members depend on their `kind`. */
function ofKind(value, place, kinds, common) {
  const kind = value?.kind;
  if (!Object.hasOwn(kinds, kind)) fail(`${place}.kind`, `one of ${Object.keys(kinds).join(', ')}`);
  return members(value, place, { kind: [() => kind], ...common, ...kinds[kind] });
}

const checker = (value, place) =>
  members(value, place, { size: [(size, at) => number(size, at, 1e-3, MAX_COORDINATE)], colour: [colour] });
const share = (value, place) => number(value, place, 0, 1);
const positive = (value, place) => number(value, place, 1e-6, MAX_COORDINATE);

const SURFACE = {
  colour: [colour, [0.8, 0.8, 0.8]],
  mirror: [share, 0],
  shine: [share, 0],
  checker: [checker, undefined],
};
const SHAPES = {
  sphere: { center: [vector], radius: [positive] },
  plane: { normal: [direction], offset: [(value, at) => number(value, at, -MAX_COORDINATE, MAX_COORDINATE)] },
  triangle: { points: [(value, at) => list(value, at, THREE, vector)] },
};
const LAMP = { colour: [colour, [1, 1, 1]], strength: [(value, at) => number(value, at, 0, 1e9)] };
const LIGHTS = {
  point: { position: [vector] },
  area: { corner: [vector], edges: [(value, at) => list(value, at, { min: 2, max: 2 }, vector)] },
};

function camera(value, place) {
  const read = members(value, place, {
    from: [vector],
    to: [vector],
    fov_degrees: [(fov, at) => number(fov, at, 1, 170), 45],
  });
  if (Math.hypot(...read.to.map((each, i) => each - read.from[i])) < 1e-9)
    fail(`${place}.to`, 'another place than `from`');
  return read;
}

const DARK = [0, 0, 0];

/**
 * @param {unknown} scene `{ camera, shapes, lights?, ambient?, sky? }`, see script/README.md
 * @throws Error that names the first member which is wrong
 */
export function readScene(scene) {
  return members(scene, 'scene', {
    camera: [camera],
    shapes: [
      (value, at) => list(value, at, { max: MAX_SHAPES }, (each, place) => ofKind(each, place, SHAPES, SURFACE)),
    ],
    lights: [
      (value, at) => list(value, at, { max: MAX_LIGHTS }, (each, place) => ofKind(each, place, LIGHTS, LAMP)),
      [],
    ],
    ambient: [colour, [0.1, 0.1, 0.1]],
    sky: [
      (value, at) => members(value, at, { horizon: [colour, DARK], zenith: [colour, DARK] }),
      { horizon: DARK, zenith: DARK },
    ],
  });
}
