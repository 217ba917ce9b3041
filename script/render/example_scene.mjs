/** What is rendered when a task names no scene. */
export const exampleScene = {
  camera: { from: [0, 2.2, 7], to: [0, 0.9, 0], fov_degrees: 42 },
  ambient: [0.09, 0.1, 0.13],
  sky: { horizon: [0.75, 0.82, 0.92], zenith: [0.16, 0.32, 0.62] },
  lights: [
    {
      kind: 'area',
      corner: [-3, 6, 2],
      edges: [
        [2, 0, 0],
        [0, 0, 2],
      ],
      colour: [1, 0.95, 0.85],
      strength: 34,
    },
    { kind: 'point', position: [5, 3, 4], colour: [0.6, 0.75, 1], strength: 10 },
  ],
  shapes: [
    {
      kind: 'plane',
      normal: [0, 1, 0],
      offset: 0,
      colour: [0.82, 0.8, 0.76],
      checker: { size: 1, colour: [0.2, 0.22, 0.26] },
      mirror: 0.12,
    },
    { kind: 'sphere', center: [0, 1, 0], radius: 1, colour: [0.95, 0.95, 0.97], mirror: 0.72, shine: 0.8 },
    { kind: 'sphere', center: [-2.1, 0.7, 0.7], radius: 0.7, colour: [0.85, 0.17, 0.14], mirror: 0.08, shine: 0.6 },
    { kind: 'sphere', center: [1.9, 0.55, 1.1], radius: 0.55, colour: [0.1, 0.42, 0.75], mirror: 0.15, shine: 0.9 },
    { kind: 'sphere', center: [0.75, 0.3, 2.1], radius: 0.3, colour: [0.95, 0.72, 0.15], mirror: 0.05, shine: 0.4 },
    {
      kind: 'triangle',
      points: [
        [-3.6, 0, -2.2],
        [3.6, 0, -2.2],
        [0, 4.2, -2.6],
      ],
      colour: [0.16, 0.5, 0.36],
      mirror: 0.25,
      shine: 0.2,
    },
  ],
};
