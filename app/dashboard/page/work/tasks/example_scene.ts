/** Arguments of render.scene for a form: small enough to read, and to render in seconds. */
export const EXAMPLE_ARGS = {
  width: 640,
  height: 360,
  samples: 4,
  scene: {
    camera: { from: [0, 1.8, 6], to: [0, 0.8, 0], fov_degrees: 42 },
    ambient: [0.1, 0.1, 0.13],
    sky: { horizon: [0.8, 0.85, 0.92], zenith: [0.2, 0.36, 0.66] },
    lights: [{ kind: 'point', position: [4, 6, 5], strength: 60 }],
    shapes: [
      {
        kind: 'plane',
        normal: [0, 1, 0],
        offset: 0,
        colour: [0.8, 0.8, 0.78],
        checker: { size: 1, colour: [0.2, 0.22, 0.26] },
      },
      { kind: 'sphere', center: [-1.2, 1, 0], radius: 1, colour: [0.95, 0.95, 0.97], mirror: 0.7, shine: 0.8 },
      { kind: 'sphere', center: [1.1, 0.7, 0.8], radius: 0.7, colour: [0.85, 0.2, 0.14], mirror: 0.1, shine: 0.6 },
    ],
  },
};

/** The text of arguments; lists of numbers stay on one line. */
export function argsText(args: unknown): string {
  return JSON.stringify(args, null, 2).replaceAll(
    /\[[-\d.,\s]+\]/g,
    (list) => `[${list.slice(1, -1).trim().replaceAll(/\s+/g, ' ')}]`,
  );
}
