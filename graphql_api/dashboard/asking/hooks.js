/** Asking and hearing, as parts of a page: drawn anew with each answer, ended with the part. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

import { ask } from "./ask.js";
import { key } from "./key.js";
import { subscribe } from "./live.js";
import { useStore } from "./store.js";

const TRY_AGAIN_AFTER = 5000;
/**
 * @typedef {{ data: any, of: any, error: any, warnings: string[], isLoading: boolean }} Asked
 *   `of`: the variables that `data` answers
 */

/** @type {Asked} */
const NOTHING_YET = { data: null, of: null, error: null, warnings: [], isLoading: true };

/**
 * Asks a query, and again when its variables or the key change. What was answered stays until there is more.
 *
 * @param {string} document
 * @param {Record<string, unknown> | null} variables null: not now
 */
export function useQuery(document, variables = {}) {
  const asked = JSON.stringify(variables);
  const [state, setState] = useState(NOTHING_YET);
  const [round, setRound] = useState(0);
  const given = useStore(key);

  useEffect(() => {
    if (asked === "null") return undefined;
    const stop = new AbortController();
    let timer = 0;
    const later = () => (timer = setTimeout(() => setRound((n) => n + 1), TRY_AGAIN_AFTER));
    setState((before) => ({ ...before, isLoading: true }));
    const variables = JSON.parse(asked);
    ask(document, variables, stop.signal).then(
      ({ data, warnings, isOld }) => {
        setState({ data, of: variables, error: null, warnings, isLoading: false });
        if (isOld) later();
      },
      (error) => {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, error, isLoading: false }));
        if (error.code === "UNREACHABLE") later();
      },
    );
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [document, asked, round, given]);

  const again = useCallback(() => setRound((n) => n + 1), []);
  const patch = useCallback(
    (change) => setState((before) => (before.data ? { ...before, data: change(before.data) } : before)),
    [],
  );
  return { ...state, again, patch };
}

/**
 * Hears a subscription for as long as the part is there.
 *
 * @param {string} document
 * @param {Record<string, unknown> | null} variables null: not now
 * @param {(data: any) => void} next
 * @param {() => void} [again] after a break, in which something may have been missed
 */
export function useLive(document, variables, next, again) {
  const told = useRef({ next, again });
  told.current = { next, again };
  const asked = JSON.stringify(variables);
  useEffect(() => {
    if (asked === "null") return undefined;
    return subscribe({
      document,
      variables: () => JSON.parse(asked),
      next: (data) => told.current.next(data),
      again: () => told.current.again?.(),
    });
  }, [document, asked]);
}
