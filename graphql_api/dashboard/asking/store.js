/** A value that several parts look at, each drawn anew when it changes. */
import { useEffect, useState } from "preact/hooks";

/**
 * @template T
 * @typedef {{ get: () => T, set: (value: T) => void, hear: (hearer: (value: T) => void) => () => void }} Store
 */

/**
 * @template T
 * @param {T} value what it holds at first
 * @returns {Store<T>}
 */
export function store(value) {
  const hearers = new Set();
  return {
    get: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      for (const hear of hearers) hear(value);
    },
    hear(hearer) {
      hearers.add(hearer);
      return () => hearers.delete(hearer);
    },
  };
}

/**
 * @template T
 * @param {Store<T>} from
 * @returns {T}
 */
export function useStore(from) {
  const [value, setValue] = useState(from.get());
  useEffect(() => {
    setValue(from.get());
    return from.hear(setValue);
  }, [from]);
  return value;
}
