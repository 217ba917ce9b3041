import { along, cross, dot, normalize, scale, subtract } from './vectors.mjs';

/** A ray that leaves a surface starts a little above it, or rounding would make the surface shade itself. */
const MIN_DISTANCE = 1e-4;

/** Each answers the distance to the nearest hit beyond MIN_DISTANCE, or Infinity. */
const DISTANCES = {
  sphere({ center, radius }, { origin, direction }) {
    const offset = subtract(origin, center);
    const half = dot(offset, direction);
    const discriminant = half * half - dot(offset, offset) + radius * radius;
    if (discriminant < 0) return Number.POSITIVE_INFINITY;
    const root = Math.sqrt(discriminant);
    if (-half - root > MIN_DISTANCE) return -half - root;
    return -half + root > MIN_DISTANCE ? -half + root : Number.POSITIVE_INFINITY;
  },
  plane({ normal, offset }, { origin, direction }) {
    const slope = dot(normal, direction);
    if (Math.abs(slope) < 1e-9) return Number.POSITIVE_INFINITY;
    const distance = (offset - dot(normal, origin)) / slope;
    return distance > MIN_DISTANCE ? distance : Number.POSITIVE_INFINITY;
  },
  // Möller and Trumbore, 1997.
  triangle({ points: [a, b, c] }, { origin, direction }) {
    const edge1 = subtract(b, a);
    const edge2 = subtract(c, a);
    const p = cross(direction, edge2);
    const determinant = dot(edge1, p);
    if (Math.abs(determinant) < 1e-12) return Number.POSITIVE_INFINITY;
    const t = subtract(origin, a);
    const u = dot(t, p) / determinant;
    if (u < 0 || u > 1) return Number.POSITIVE_INFINITY;
    const q = cross(t, edge1);
    const v = dot(direction, q) / determinant;
    if (v < 0 || u + v > 1) return Number.POSITIVE_INFINITY;
    const distance = dot(edge2, q) / determinant;
    return distance > MIN_DISTANCE ? distance : Number.POSITIVE_INFINITY;
  },
};

const NORMALS = {
  sphere: ({ center, radius }, point) => scale(subtract(point, center), 1 / radius),
  plane: ({ normal }) => normal,
  triangle: ({ points: [a, b, c] }) => normalize(cross(subtract(b, a), subtract(c, a))),
};

/** The first shape that a ray meets: `{ shape, point, normal }`, the normal on the ray's side; undefined for none. */
export function firstHit(shapes, ray) {
  let nearest = Number.POSITIVE_INFINITY;
  let shape;
  for (const candidate of shapes) {
    const distance = DISTANCES[candidate.kind](candidate, ray);
    if (distance < nearest) {
      nearest = distance;
      shape = candidate;
    }
  }
  if (shape === undefined) return undefined;
  const point = along(ray.origin, ray.direction, nearest);
  const outward = NORMALS[shape.kind](shape, point);
  return { shape, point, normal: dot(outward, ray.direction) > 0 ? scale(outward, -1) : outward };
}

/** Whether anything stands on a ray before `distance`. */
export function isBlocked(shapes, ray, distance) {
  return shapes.some((shape) => DISTANCES[shape.kind](shape, ray) < distance - MIN_DISTANCE);
}
