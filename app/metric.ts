export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number | undefined];
/** One number, or one for each set of labels; what is undefined is left out. */
export type Samples = number | undefined | readonly Sample[];

export type Numbers = ReadonlyMap<string, number>;

/** What tarantool/metrics.lua read: of each space, and what the rooms have added there, under their names. */
export type DatabaseReadings = {
  readonly spaces: ReadonlyMap<string, Numbers>;
  readonly rooms: ReadonlyMap<string, Numbers>;
};

/** How the samples of several web processes become one. */
export type Together = 'sum' | 'min' | 'max' | 'first';

/**
 * What /metrics asks a room for. Rooms may share a metric by declaring the same one: its samples are put together, so
 * their labels must differ.
 */
export type Metric = {
  /** `svodka_imports`; ends in `_total` when it is a counter. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'gauge' | 'counter';
  /** What /metrics says of several web processes; the sum by default. */
  readonly together?: Together;
  /** The names that each sample has values for. */
  readonly labels?: readonly string[];
  /** Must return at once. `database`: undefined while Tarantool is away. */
  read(database: DatabaseReadings | undefined): Samples;
};
