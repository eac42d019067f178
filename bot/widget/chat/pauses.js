/** Pauses grow, and differ: not all who lost the server together come back together. */

const SHORTEST = 500;
const LONGEST = 15_000;

/** Milliseconds before the next try, after so many failures in a row. */
export function pauseAfter(failures) {
  const most = Math.min(LONGEST, SHORTEST * 2 ** (failures - 1));
  return most * (0.5 + Math.random() / 2);
}

/** Waits that long, or until one of the signals; `wake` is a signal that ends it early. */
export function pause(milliseconds, ...wake) {
  return new Promise((resolve) => {
    const over = AbortSignal.any([AbortSignal.timeout(milliseconds), ...wake]);
    if (over.aborted) resolve();
    else over.addEventListener("abort", resolve, { once: true });
  });
}
