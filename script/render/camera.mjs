import { add, cross, normalize, scale, subtract } from './vectors.mjs';

/**
 * A pinhole camera. Answers a function from a place in the picture, in pixels from its top left corner, to the ray
 * through it.
 */
export function createCamera({ from, to, fov_degrees: fovDegrees }, { width, height }) {
  const forward = normalize(subtract(to, from));
  // Looking straight up or down, the world's "up" gives no direction to the right.
  const up = Math.abs(forward[1]) > 0.999 ? [0, 0, 1] : [0, 1, 0];
  const right = normalize(cross(forward, up));
  const upward = cross(right, forward);
  const halfHeight = Math.tan((fovDegrees * Math.PI) / 360);
  const halfWidth = (halfHeight * width) / height;
  return (x, y) => {
    const across = scale(right, ((2 * x) / width - 1) * halfWidth);
    const upwards = scale(upward, (1 - (2 * y) / height) * halfHeight);
    return { origin: from, direction: normalize(add(forward, add(across, upwards))) };
  };
}
