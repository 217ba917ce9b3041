import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { clampZoom, distanceOf, MIN_ZOOM, middleOf, scrollFor, shareOf, wheelFactor } from './zoom.js';

type Point = { x: number; y: number };

const KEY_STEP = 1.5;
/** What Z and a double click zoom to. */
const CLOSE_ZOOM = 2.5;
const PAN_PX = 80;
const PAN_OF_KEY: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -PAN_PX, y: 0 },
  ArrowRight: { x: PAN_PX, y: 0 },
  ArrowUp: { x: 0, y: -PAN_PX },
  ArrowDown: { x: 0, y: PAN_PX },
};
const TAKES_KEYS = 'input, select, textarea, dialog';

type Zoom = {
  zoom: number;
  /** Keeps the middle where it is. */
  zoomBy(factor: number): void;
  /** Between the whole picture and a part of it. */
  toggle(): void;
};

function pointsOf(touches: TouchList): Point[] {
  return [...touches].map(({ clientX, clientY }) => ({ x: clientX, y: clientY }));
}

/**
 * Zooms the picture within its frame, which scrolls: by the wheel, a pinch, a double click, the keys + - 0 Z, and arrows
 * move it. The point under the pointer stays there.
 */
export function useZoom(frame: RefObject<HTMLElement | null>, picture: RefObject<HTMLElement | null>): Zoom {
  const [zoom, setZoom] = useState(MIN_ZOOM);
  const current = useRef(zoom);
  const anchor = useRef<{ share: Point; at: Point } | undefined>(undefined);

  useLayoutEffect(() => {
    const [box, image, kept] = [frame.current, picture.current, anchor.current];
    if (box === null || image === null || kept === undefined) return;
    const { x, y } = scrollFor(kept.share, { width: image.offsetWidth, height: image.offsetHeight }, kept.at);
    box.scrollTo(x, y);
  }, [zoom]);

  function zoomAt(next: number, point: Point | undefined): void {
    const [box, image] = [frame.current?.getBoundingClientRect(), picture.current?.getBoundingClientRect()];
    if (box === undefined || image === undefined) return;
    const { x, y } = point ?? { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    anchor.current = { share: shareOf({ x, y }, image), at: { x: x - box.left, y: y - box.top } };
    current.current = clampZoom(next);
    setZoom(current.current);
  }

  const toggle = (point?: Point) => zoomAt(current.current > MIN_ZOOM ? MIN_ZOOM : CLOSE_ZOOM, point);
  const zoomBy = (factor: number, point?: Point) => zoomAt(current.current * factor, point);

  useEffect(() => {
    const box = frame.current as HTMLElement;
    let pinched: { distance: number; zoom: number } | undefined;
    let dragged: Point | undefined;

    function onWheel(event: WheelEvent): void {
      const factor = wheelFactor(event.deltaY, event.ctrlKey);
      // Nothing is left to zoom out of: the page scrolls.
      if (factor < 1 && current.current === MIN_ZOOM && !event.ctrlKey) return;
      event.preventDefault();
      zoomBy(factor, { x: event.clientX, y: event.clientY });
    }
    function onTouch(event: TouchEvent): void {
      const points = pointsOf(event.touches);
      if (points.length !== 2) {
        pinched = undefined;
        return;
      }
      event.preventDefault();
      const distance = distanceOf(points as [Point, Point]);
      pinched ??= { distance, zoom: current.current };
      zoomAt((pinched.zoom * distance) / pinched.distance, middleOf(points));
    }
    function onDown(event: PointerEvent): void {
      if (event.pointerType !== 'mouse' || event.button !== 0) return;
      dragged = { x: event.clientX, y: event.clientY };
    }
    function onMove(event: PointerEvent): void {
      if (dragged === undefined || event.buttons !== 1) return;
      if (!box.hasPointerCapture(event.pointerId)) box.setPointerCapture(event.pointerId);
      box.scrollBy(dragged.x - event.clientX, dragged.y - event.clientY);
      dragged = { x: event.clientX, y: event.clientY };
    }
    const onDoubleClick = (event: MouseEvent) => toggle({ x: event.clientX, y: event.clientY });
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as Element).matches(TAKES_KEYS)) return;
      const pan = current.current > MIN_ZOOM ? PAN_OF_KEY[event.key] : undefined;
      if (pan !== undefined) box.scrollBy(pan.x, pan.y);
      else if (event.key === '+' || event.key === '=') zoomBy(KEY_STEP);
      else if (event.key === '-') zoomBy(1 / KEY_STEP);
      else if (event.key === '0') zoomAt(MIN_ZOOM, undefined);
      else if (event.code === 'KeyZ' && !event.repeat) toggle();
      else return;
      event.preventDefault();
    }
    // Not passive: they keep the browser from scrolling and zooming the page.
    box.addEventListener('wheel', onWheel, { passive: false });
    for (const name of ['touchstart', 'touchmove', 'touchend'] as const)
      box.addEventListener(name, onTouch, { passive: false });
    box.addEventListener('pointerdown', onDown);
    box.addEventListener('pointermove', onMove);
    box.addEventListener('dblclick', onDoubleClick);
    addEventListener('keydown', onKey);
    // The listeners of the frame end with it.
    return () => removeEventListener('keydown', onKey);
  }, []);
  return { zoom, zoomBy, toggle };
}
