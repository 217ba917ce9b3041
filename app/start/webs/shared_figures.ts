import type { SharedFigure } from '../../siblings/siblings.js';

type Figure = { value: number; told: number; step: number; others: number };

type SharedFigures = {
  create(name: string, step?: number): SharedFigure;
  learn(name: string, others: number): void;
};

/** Figures of this process. They are sent once per turn of the event loop, however often they change in it. */
export function createSharedFigures(tell: (name: string, value: number) => void): SharedFigures {
  const figures = new Map<string, Figure>();
  let isDue = false;

  const isToBeTold = ({ value, told, step }: Figure) => Math.abs(value - told) >= step;

  function tellChanged(): void {
    isDue = false;
    for (const [name, figure] of figures) {
      if (!isToBeTold(figure)) continue;
      figure.told = figure.value;
      tell(name, figure.value);
    }
  }

  return {
    create(name, step = 1) {
      const figure: Figure = { value: 0, told: 0, step, others: 0 };
      figures.set(name, figure);
      return {
        set(value) {
          figure.value = value;
          if (isDue || !isToBeTold(figure)) return;
          isDue = true;
          setImmediate(tellChanged);
        },
        others: () => figure.others,
      };
    },
    learn(name, others) {
      const figure = figures.get(name);
      if (figure !== undefined) figure.others = others;
    },
  };
}
