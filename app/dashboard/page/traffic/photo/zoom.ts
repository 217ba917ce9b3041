export const MIN_ZOOM = 1;
const MAX_ZOOM = 8;

/** Within what can be shown. */
export function clampZoom(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}

/** What a turn of the wheel does: 100 pixels are one notch of most mice; a pinch on a touch pad comes as smaller ones. */
export function wheelFactor(deltaY: number, isPinch: boolean): number {
  return Math.exp(-deltaY / (isPinch ? 100 : 400));
}

type Box = { left: number; top: number; width: number; height: number };
type Point = { x: number; y: number };

/** The place of a point within a picture, as shares of its width and height. */
export function shareOf({ x, y }: Point, { left, top, width, height }: Box): Point {
  return { x: (x - left) / width, y: (y - top) / height };
}

/** How far to scroll, so that the share of a picture of this size is at a point of its frame. */
export function scrollFor(share: Point, size: { width: number; height: number }, at: Point): Point {
  return { x: share.x * size.width - at.x, y: share.y * size.height - at.y };
}

export function middleOf(touches: readonly Point[]): Point {
  const sum = touches.reduce((all, { x, y }) => ({ x: all.x + x, y: all.y + y }), { x: 0, y: 0 });
  return { x: sum.x / touches.length, y: sum.y / touches.length };
}

export function distanceOf([first, second]: readonly [Point, Point]): number {
  return Math.hypot(first.x - second.x, first.y - second.y);
}
