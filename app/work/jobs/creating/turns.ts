/**
 * Lets those who share an object go on in the order in which they asked, each once what it waits for is there. The
 * returned function settles as `ready` does, after all earlier ones of the same object have settled.
 */
export function createTurns(): (shared: object, ready: Promise<unknown>) => Promise<void> {
  const last = new WeakMap<object, Promise<void>>();

  async function after(before: Promise<void> | undefined, ready: Promise<unknown>): Promise<void> {
    // Its failure is told to whoever waits for it, in turn; until then nobody may have looked.
    ready.catch(() => {});
    await before;
    await ready;
  }

  return (shared, ready) => {
    const turn = after(last.get(shared), ready);
    last.set(
      shared,
      turn.catch(() => {}),
    );
    return turn;
  };
}
