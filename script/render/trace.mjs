import { firstHit, isBlocked } from './shapes.mjs';
import { add, along, dot, length, multiply, reflect, scale, subtract } from './vectors.mjs';

/** Mirrors that face each other would go on for ever. */
const MAX_REFLECTIONS = 5;
/** Light that would change no byte of the picture. */
const MIN_SHARE = 1 / 512;

/** A point on a light: its place, or a random one on its rectangle. */
function pointOn(light, random) {
  if (light.kind === 'point') return light.position;
  return along(along(light.corner, light.edges[0], random()), light.edges[1], random());
}

function colourOf({ colour, checker }, point) {
  if (checker === undefined) return colour;
  const isOdd = (Math.floor(point[0] / checker.size) + Math.floor(point[2] / checker.size)) & 1;
  return isOdd ? checker.colour : colour;
}

function sky({ horizon, zenith }, direction) {
  const height = Math.max(0, direction[1]);
  return add(scale(horizon, 1 - height), scale(zenith, height));
}

/** Answers `trace(ray, random)`: the light that comes along a ray, as linear red, green and blue. */
export function createTracer({ shapes, lights, ambient, sky: skyColours }) {
  /** Diffuse light and highlights of one lamp (Blinn and Phong). */
  function lit(light, { shape, point, normal }, eye, random) {
    const toLight = subtract(pointOn(light, random), point);
    const distance = length(toLight);
    const direction = scale(toLight, 1 / distance);
    const facing = dot(normal, direction);
    if (facing <= 0 || isBlocked(shapes, { origin: point, direction }, distance)) return [0, 0, 0];
    const strength = light.strength / (distance * distance);
    const half = subtract(direction, eye);
    const shine = shape.shine * Math.max(0, dot(normal, half) / length(half)) ** 64;
    const diffuse = multiply(colourOf(shape, point), scale(light.colour, facing * strength));
    return add(diffuse, scale(light.colour, shine * strength));
  }

  function trace(ray, random, depth = 0, share = 1) {
    const hit = firstHit(shapes, ray);
    if (hit === undefined) return sky(skyColours, ray.direction);
    const { mirror } = hit.shape;
    let own = multiply(colourOf(hit.shape, hit.point), ambient);
    for (const light of lights) own = add(own, lit(light, hit, ray.direction, random));
    if (depth === MAX_REFLECTIONS || share * mirror < MIN_SHARE) return scale(own, 1 - mirror);
    const mirrored = { origin: hit.point, direction: reflect(ray.direction, hit.normal) };
    return add(scale(own, 1 - mirror), scale(trace(mirrored, random, depth + 1, share * mirror), mirror));
  }
  return (ray, random) => trace(ray, random);
}
